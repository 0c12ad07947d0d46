import { ANY_RUN, compileGlob, type Glob, type GlobToken, globMatches } from './glob.ts'

/**
 * An ARN with wildcards: the first five fields, each of which ends at its colon, and the resource, which has everything after them.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 */
export interface ArnPattern {
  readonly head: readonly Glob[]
  readonly resource: Glob
}

export const HEAD_FIELDS = 5
const ARN_FIELDS = HEAD_FIELDS + 1

/**
 * @param options.padShort  fields that are missing at the end count as `*`
 * @returns undefined where the text does not begin with `arn:` or has too few fields
 */
export function compileArnPattern(
  tokens: readonly GlobToken[],
  options: { readonly padShort: boolean },
): ArnPattern | undefined {
  const fields = splitAtColons(tokens)
  const [prefix] = fields
  if (fields.length < 2 || prefix?.length !== 1 || prefix[0] !== 'arn') return undefined
  if (fields.length < ARN_FIELDS && !options.padShort) return undefined
  while (fields.length < ARN_FIELDS) fields.push([ANY_RUN])
  const globs = fields.map(compileGlob)
  const resource = globs.pop()
  return resource && { head: globs, resource }
}

export function arnPatternMatches(pattern: ArnPattern, arn: string): boolean {
  const at = matchHead(pattern.head, arn)
  return at >= 0 && globMatches(pattern.resource, arn, at)
}

/** Matches the first five fields. @returns where the resource begins, or -1 */
export function matchHead(head: readonly Glob[], arn: string): number {
  let from = 0
  for (const glob of head) {
    const colon = arn.indexOf(':', from)
    if (colon < 0 || !globMatches(glob, arn, from, colon)) return -1
    from = colon + 1
  }
  return from
}

function splitAtColons(tokens: readonly GlobToken[]): GlobToken[][] {
  const fields: GlobToken[][] = [[]]
  for (const token of tokens) {
    if (typeof token !== 'string') {
      fields.at(-1)?.push(token)
      continue
    }
    let from = 0
    while (fields.length < ARN_FIELDS) {
      const colon = token.indexOf(':', from)
      if (colon < 0) break
      if (colon > from) fields.at(-1)?.push(token.slice(from, colon))
      fields.push([])
      from = colon + 1
    }
    if (from < token.length) fields.at(-1)?.push(token.slice(from))
  }
  return fields
}
