import type { Position } from '@aws-sdk/client-iam'
import { AwsError } from '../../../aws/aws-error.ts'
import { INVALID_INPUT } from '../../../aws/error-codes.ts'
import { type CompiledPolicy, compilePolicyText, type Range, validatePolicy } from '../../../policy/index.ts'

/** A policy in a simulation, with the names by which the answer speaks of it. */
export interface SimulatedPolicy {
  /** Its `source` is unique in the simulation. */
  readonly compiled: CompiledPolicy
  readonly text: string
  /** `SourcePolicyId` of the answer. */
  readonly id: string
  /** `SourcePolicyType` of the answer. The model's enum has other values; these are AWS's answers (recorded). */
  readonly type: PolicySourceType
}

export type PolicySourceType =
  | 'IAM Policy'
  | 'Resource Policy'
  | 'Permissions Boundary Policy'
  | 'Service Control Policy'

/** What `validatePolicy` is to check a given document as. Service control policies are only read. */
type CheckedAs = 'identity' | 'resource' | 'service-control'

/**
 * Reads a policy that the request gives. A text that is no policy is refused; one that a person would not be let save is refused
 * as well, for its simulation would mean nothing.
 *
 * @throws AwsError `InvalidInput`
 */
export function givenPolicy(text: string, id: string, type: PolicySourceType, as: CheckedAs): SimulatedPolicy {
  const problem = as === 'identity' ? validatePolicy(text, 'identity') : undefined
  if (problem !== undefined) throw invalidPolicy(id, problem.message)
  try {
    return { compiled: compilePolicyText(text, { source: id }), text, id, type }
  } catch (error) {
    throw invalidPolicy(id, (error as Error).message)
  }
}

/**
 * A policy that the store or the catalog has.
 * @param source  tells it from a policy of the same name (an ARN)
 */
export function storedPolicy(text: string, source: string, id: string, type: PolicySourceType): SimulatedPolicy {
  return { compiled: compilePolicyText(text, { source }), text, id, type }
}

function invalidPolicy(id: string, message: string): AwsError {
  return new AwsError(INVALID_INPUT, `Invalid policy ${id}: ${message}`)
}

/** Where AWS says that a statement begins and ends. */
export interface StatementPositions {
  readonly StartPosition: Position
  readonly EndPosition: Position
}

/**
 * AWS's positions are where its parser stands: before it reads a statement, and after. So a statement begins right behind the
 * `[` or behind the statement before it; a single one, that is in no list, begins behind its own brace (recorded: columns 41 and
 * 198 of two statements in a row, and column 38 of a single one in the command line's examples).
 *
 * @param range  of the statement, braces included
 */
export function statementPositions(policy: SimulatedPolicy, range: Range): StatementPositions {
  const located = locatedByPolicy.get(policy) ?? { lineStarts: lineStartsOf(policy.text), known: new Map() }
  locatedByPolicy.set(policy, located)
  const start = (located.lineStarts[range.line - 1] ?? 0) + range.column - 1
  const positions = located.known.get(start) ?? findPositions(policy.text, range, start)
  located.known.set(start, positions)
  return positions
}

/** A simulation names the same statements for every resource, so what has been found of a policy is kept as long as it. */
const locatedByPolicy = new WeakMap<SimulatedPolicy, LocatedPolicy>()

interface LocatedPolicy {
  readonly lineStarts: readonly number[]
  /** By the offset at which a statement begins. */
  readonly known: Map<number, StatementPositions>
}

function lineStartsOf(text: string): readonly number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

function findPositions(text: string, range: Range, start: number): StatementPositions {
  const end = endBefore(text, start)
  const before = text[end - 1]
  const begin = before === '[' ? end : before === ',' ? endBefore(text, end - 1) : start + 1
  const breaks = text.slice(begin, start).split('\n').length - 1
  return {
    StartPosition: { Line: range.line - breaks, Column: begin - text.lastIndexOf('\n', begin - 1) },
    EndPosition: { Line: range.endLine, Column: range.endColumn },
  }
}

/** White space of JSON. */
const WHITE_SPACE = ' \t\n\r'

/** Where the text in front of an offset ends, without white space. */
function endBefore(text: string, offset: number): number {
  let end = offset
  while (end > 0 && WHITE_SPACE.includes(text.charAt(end - 1))) end--
  return end
}
