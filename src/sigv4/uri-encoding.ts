/**
 * Percent-encodes bytes as signatures do: all but `A–Z a–z 0–9 - . _ ~`, hex digits in upper case.
 *
 * @param text  characters up to U+00FF are single bytes, as Node hands over what arrived; others are taken as UTF-8
 */
export function encodeBytes(text: string): string {
  return text.replace(RESERVED, percent)
}

/** Brings text that is already percent-encoded into the one canonical form: escapes that need none undone, those missing added. */
export function recode(encoded: string): string {
  if (CANONICAL.test(encoded)) return encoded
  return encoded.replace(ESCAPE_OR_RESERVED, (match) => (match.length === 3 ? normalizeEscape(match) : percent(match)))
}

/** Percent-decodes; undefined where the text is not valid UTF-8 or has a stray `%`. */
export function decode(encoded: string): string | undefined {
  if (!encoded.includes('%')) return encoded
  try {
    return decodeURIComponent(encoded)
  } catch {
    return undefined
  }
}

const RESERVED = /[^A-Za-z0-9\-._~]/gu
const CANONICAL = /^[A-Za-z0-9\-._~]*$/
const ESCAPE_OR_RESERVED = /%[0-9A-Fa-f]{2}|[^A-Za-z0-9\-._~]/gu

function normalizeEscape(escaped: string): string {
  const character = String.fromCharCode(Number.parseInt(escaped.slice(1), 16))
  return CANONICAL.test(character) ? character : escaped.toUpperCase()
}

function percent(character: string): string {
  const bytes = Buffer.from(character, character.charCodeAt(0) <= 0xff ? 'latin1' : 'utf8')
  return Array.from(bytes, (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('')
}
