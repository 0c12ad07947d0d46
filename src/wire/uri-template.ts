/** A REST operation's path, as segments, with the parameters that its URI fixes (`?list-type=2`, `?acl`). */
export interface UriTemplate {
  readonly segments: readonly Segment[]
  /** Value `undefined`: present with any value. */
  readonly fixedQuery: readonly (readonly [name: string, value: string | undefined])[]
}

type Segment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'label'; readonly name: string }
  /** `{name+}`: the rest of the path, slashes included. */
  | { readonly kind: 'greedy'; readonly name: string }

/** The SDKs' own mark of the operation, which some send and some do not. */
const OPERATION_MARK = 'x-id'

export function parseUriTemplate(uri: string): UriTemplate {
  const [path = '', query = ''] = uri.split('?', 2)
  const parameters = query === '' ? [] : query.split('&').map((text) => text.split('=', 2))
  return {
    segments: path.split('/').slice(1).filter(Boolean).map(parseSegment),
    fixedQuery: parameters
      .filter(([name]) => name !== OPERATION_MARK)
      .map(([name = '', value]) => [name, value === '' ? undefined : value]),
  }
}

/**
 * Matches a path, as received, and decodes its labels. Labels are never empty.
 *
 * @returns undefined where the path is another one's
 * @throws URIError for a label that is not percent-encoded UTF-8
 */
export function matchPath({ segments }: UriTemplate, path: string): Map<string, string> | undefined {
  const parts = path.split('/').slice(1)
  if (parts.at(-1) === '') parts.pop()
  const last = segments.at(-1)
  if (last?.kind === 'greedy' ? parts.length < segments.length : parts.length !== segments.length) return undefined
  const labels = new Map<string, string>()
  for (const [index, segment] of segments.entries()) {
    const part = segment.kind === 'greedy' ? parts.slice(index).join('/') : (parts[index] ?? '')
    if (segment.kind === 'literal') {
      if (part !== segment.text) return undefined
    } else {
      if (part === '') return undefined
      labels.set(segment.name, decodeURIComponent(part))
    }
  }
  return labels
}

/** Orders templates from the most to the least specific: literal before label before rest, segment by segment. */
export function compareSpecificity(a: UriTemplate, b: UriTemplate): number {
  for (const [index, segment] of a.segments.entries()) {
    const other = b.segments[index]
    if (!other) return -1
    const difference = RANK[segment.kind] - RANK[other.kind]
    if (difference !== 0) return difference
  }
  return b.segments.length - a.segments.length || b.fixedQuery.length - a.fixedQuery.length
}

const RANK: Readonly<Record<Segment['kind'], number>> = { literal: 0, label: 1, greedy: 2 }

function parseSegment(text: string): Segment {
  const label = text.match(/^\{([^+}]+)(\+?)\}$/)
  if (!label) return { kind: 'literal', text }
  return { kind: label[2] === '+' ? 'greedy' : 'label', name: label[1] ?? '' }
}
