import type { RequestContext } from '../request.ts'
import { arnPatternMatches, compileArnPattern, HEAD_FIELDS, matchHead } from './arn-pattern.ts'
import { ANY_RUN, compileGlob, type GlobToken, globMatches, globTokens } from './glob.ts'
import { isConstant, parseTemplate, resolveTokens, type Template } from './variable.ts'

/** One entry of `Resource` or `NotResource`, compiled. */
export interface ResourcePattern {
  readonly matches: (resource: string, context: RequestContext) => boolean
  /** Context keys of its variables, in lower case. */
  readonly keys: readonly string[]
  readonly malformed: boolean
  /** Every resource that it matches begins with this text. */
  readonly prefix: string
}

export interface ResourcePatternOptions {
  readonly variables: boolean
  /** The statement stands in a resource, trust, endpoint or resource control policy. */
  readonly inResourcePolicy: boolean
}

/**
 * Wildcards stay inside their colon field in the first five, and cover everything in the last. Variables count after the fifth colon only.
 * A request without a resource (`*`) is matched by `*` alone.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 */
export function compileResourcePattern(text: string, options: ResourcePatternOptions): ResourcePattern {
  if (text === '*') return constant('', () => true)
  if (!text.startsWith('arn:')) return wholeText(text)
  const cut = resourceStart(text)
  const head = cut < 0 ? text : text.slice(0, cut)
  // A variable before the fifth colon is not replaced: it stays text, which no real ARN has.
  const template = parseTemplate(cut < 0 ? '' : text.slice(cut), { variables: options.variables, wildcards: true })
  if (!isConstant(template) || template.malformed) return withVariables(head, template)
  return constantArn(head, template.parts, cut < 0 && !isPadded(text, options))
}

/**
 * Section 15 no. 6 of the facts: an ARN with fewer than six fields. It is padded with `*` in policies of identities;
 * in policies of resources only where it has a wildcard, which says that its author meant more than one.
 */
function isPadded(text: string, options: ResourcePatternOptions): boolean {
  return !options.inResourcePolicy || text.includes('*') || text.includes('?')
}

function constant(prefix: string, matches: ResourcePattern['matches']): ResourcePattern {
  return { matches, keys: [], malformed: false, prefix }
}

function wholeText(text: string): ResourcePattern {
  const glob = compileGlob(globTokens(text))
  return constant(literalPrefix(text), (resource) => globMatches(glob, resource))
}

function constantArn(head: string, tail: readonly GlobToken[], refused: boolean): ResourcePattern {
  if (refused) return constant(head, () => false)
  if (resourceStart(head) >= 0 && !/[*?]/.test(head)) {
    // Two shapes make up nearly all of AWS's published policies (section 11 of the facts): a literal, and a literal that ends in `*`.
    const [text = '', wildcard] = typeof tail[0] === 'string' ? tail : ['', ...tail]
    const literal = head + String(text)
    if (wildcard === undefined) return constant(literal, (resource) => resource === literal)
    if (wildcard === ANY_RUN && tail.at(-1) === wildcard && tail.length <= 2) {
      return constant(literal, (resource) => resource.startsWith(literal))
    }
  }
  const pattern = compileArnPattern([...globTokens(head), ...tail], { padShort: true })
  return constant(prefixOf(head, tail), pattern ? (resource) => arnPatternMatches(pattern, resource) : () => false)
}

function withVariables(head: string, template: Template): ResourcePattern {
  const pattern = compileArnPattern(globTokens(`${head}x`), { padShort: false })
  const matches = (resource: string, context: RequestContext): boolean => {
    if (pattern === undefined) return false
    const at = matchHead(pattern.head, resource)
    const tokens = at < 0 ? undefined : resolveTokens(template, context, resource.length - at)
    return tokens !== undefined && globMatches(compileGlob(tokens), resource, at)
  }
  return { matches, keys: template.keys, malformed: template.malformed, prefix: prefixOf(head, template.parts) }
}

function prefixOf(head: string, [first]: Template['parts']): string {
  const prefix = literalPrefix(head)
  return prefix.length === head.length && typeof first === 'string' ? prefix + first : prefix
}

/** The text in front of the first wildcard. */
function literalPrefix(text: string): string {
  const wildcard = text.search(/[*?]/)
  return wildcard < 0 ? text : text.slice(0, wildcard)
}

/** Where the sixth field begins, or -1. */
function resourceStart(text: string): number {
  let at = -1
  for (let i = 0; i < HEAD_FIELDS; i++) {
    at = text.indexOf(':', at + 1)
    if (at < 0) return -1
  }
  return at + 1
}
