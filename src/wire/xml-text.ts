export const XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'

/**
 * What must not stand in an element's text: markup, `\r` (readers turn it into `\n`), and characters outside of XML 1.0.
 * @see https://www.w3.org/TR/xml/#charsets
 */
const UNSAFE_TEXT = /[&<>"\r\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g
const UNSAFE_ATTRIBUTE = /[&<>"\t\n\r\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g

const REFERENCES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#x9;',
  '\n': '&#xA;',
  '\r': '&#xD;',
}

/** XML 1.0 cannot carry some characters even as references; they become U+FFFD, so that one bad value spoils no answer. */
const REPLACEMENT = '\ufffd'

export function escapeText(text: string): string {
  return replaceUnsafe(text, UNSAFE_TEXT)
}

/** For a value between double quotes. */
export function escapeAttribute(text: string): string {
  return replaceUnsafe(text, UNSAFE_ATTRIBUTE)
}

function replaceUnsafe(text: string, unsafe: RegExp): string {
  return text.toWellFormed().replace(unsafe, (character) => REFERENCES[character] ?? REPLACEMENT)
}
