import type { MatchElement, Statement } from '../document/document.ts'
import type { RequestContext } from '../request.ts'
import { compileResourcePattern, type ResourcePattern } from './resource-pattern.ts'

/** `Resource` or `NotResource`, compiled. */
export interface CompiledResource {
  readonly matches: (resource: string, context: RequestContext) => boolean
  /** In the order of the text. Empty where the element is absent or cannot be evaluated. */
  readonly patterns: readonly ResourcePattern[]
  /** Context keys of its variables, in lower case. */
  readonly keys: readonly string[]
  /** Every resource that it matches begins with one of these texts. */
  readonly prefixes: readonly string[]
}

export interface ResourceOptions {
  readonly isDeny: boolean
  /** Version 2012-10-17: variables are replaced. */
  readonly variables: boolean
}

const ANY_RESOURCE: readonly string[] = ['']

export function compileResource(statement: Statement, { isDeny, variables }: ResourceOptions): CompiledResource {
  const { resource: element, principal } = statement
  const always = (answer: boolean): CompiledResource => ({
    matches: () => answer,
    patterns: [],
    keys: [],
    prefixes: ANY_RESOURCE,
  })
  // A trust policy has no Resource: it stands on the one thing that it is about.
  if (element === undefined) return always(isDeny || principal !== undefined)
  if (element.values.length === 0) return always(isDeny)
  const patterns = element.values.map(({ value }) =>
    compileResourcePattern(value, { variables, inResourcePolicy: principal !== undefined }),
  )
  if (patterns.some((pattern) => pattern.malformed)) return always(isDeny)
  return {
    matches: anyMatches(element, patterns),
    patterns,
    keys: patterns.flatMap((pattern) => pattern.keys),
    prefixes: element.negated ? ANY_RESOURCE : patterns.map((pattern) => pattern.prefix),
  }
}

function anyMatches({ negated }: MatchElement, patterns: readonly ResourcePattern[]): CompiledResource['matches'] {
  const [only] = patterns
  if (patterns.length === 1 && only && !negated) return only.matches
  return (resource, context) => {
    for (const pattern of patterns) if (pattern.matches(resource, context)) return !negated
    return negated
  }
}
