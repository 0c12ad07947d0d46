/** Levels of nesting that we read in a token or a document of an issuer; Kubernetes's claims have three. Own limit. */
const JSON_DEPTH_MAX = 16

export type JsonObject = Readonly<Record<string, unknown>>

/**
 * Parses the text of one JSON object strictly: an object that names a member twice means different things to different
 * parsers, so it is refused.
 *
 * @returns undefined where the text is no JSON object, too deep, or has a member twice
 */
export function parseJsonObject(text: string): JsonObject | undefined {
  const outline = outlineOf(text)
  if (outline.depth > JSON_DEPTH_MAX) return undefined
  const value = parse(text)
  if (!isJsonObject(value)) return undefined
  return countMembers(value) === outline.members ? value : undefined
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** In JSON every member has one colon outside of strings: so many members were written. */
function outlineOf(text: string): { readonly members: number; readonly depth: number } {
  let members = 0
  let depth = 0
  let deepest = 0
  let inString = false
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at)
    if (inString) {
      if (character === BACKSLASH) at++
      else if (character === QUOTE) inString = false
    } else if (character === QUOTE) inString = true
    else if (character === COLON) members++
    else if (character === BRACE_OPEN || character === BRACKET_OPEN) deepest = Math.max(deepest, ++depth)
    else if (character === BRACE_CLOSE || character === BRACKET_CLOSE) depth--
  }
  return { members, depth: deepest }
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const BRACE_OPEN = 0x7b
const BRACE_CLOSE = 0x7d
const BRACKET_OPEN = 0x5b
const BRACKET_CLOSE = 0x5d

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** So many members were kept: fewer than written where a name came twice. */
function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const children = Object.values(value)
  const own = Array.isArray(value) ? 0 : children.length
  return children.reduce<number>((total, child) => total + countMembers(child), own)
}
