import type { IssueCode } from './issue.ts'
import type { Place } from './policy-tree.ts'

/**
 * - `ERROR`: a part of the policy does not work
 * - `SECURITY_WARNING`: it allows more than is safe
 * - `WARNING`: it departs from good practice
 * - `SUGGESTION`: it can be written better; permissions do not change
 */
export type FindingType = 'ERROR' | 'SECURITY_WARNING' | 'WARNING' | 'SUGGESTION'

/** One thing that Access Analyzer's ValidatePolicy finds, in the shape of its answer. */
export interface Finding {
  readonly findingType: FindingType
  readonly issueCode: IssueCode
  /** What is wrong and what to do, in AWS's words. */
  readonly findingDetails: string
  readonly learnMoreLink: string
  /** At least one; the first is where the finding stands in the order of the document. */
  readonly locations: readonly FindingLocation[]
}

export interface FindingLocation {
  /** From the document inwards; empty for the document itself. */
  readonly path: readonly PathElement[]
  readonly span: FindingSpan
}

export type PathElement =
  | { readonly index: number }
  /** The name of a member. */
  | { readonly key: string }
  /** The value of a member. */
  | { readonly value: string }
  /** Part of a text; counts from 0, in UTF-16 units. */
  | { readonly substring: { readonly start: number; readonly length: number } }

export interface FindingSpan {
  readonly start: FindingPosition
  /** The place after the last character. */
  readonly end: FindingPosition
}

/** Lines count from 1, columns from 0: Access Analyzer's way, unlike `Position` of the parser, which counts both from 1. */
export interface FindingPosition {
  readonly line: number
  readonly column: number
  /** From 0, in UTF-16 units. */
  readonly offset: number
}

export function locationOf({ path, span }: Place): FindingLocation {
  const { start, end } = span
  return {
    path,
    span: { start: { ...start, column: start.column - 1 }, end: { ...end, column: end.column - 1 } },
  }
}
