/** What moves the cursor, paints, or turns the order of letters around: controls but the tab, marks of direction, line separators. */
const UNPRINTABLE = /[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/**
 * Text of others (a policy's, a server's) as a terminal may show it, on one line: what could change what stands around it is
 * shown as its escape. Only for people; machines get JSON, where it is data.
 */
export function plainText(text: string): string {
  return text.replace(UNPRINTABLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
