import { assertNever } from '../aws/assert.ts'
import type { Member, ScalarType, TimestampFormat } from './shape.ts'
import { formatTimestamp, parseTimestamp } from './timestamp.ts'

/** A value read from text; `undefined` where the text is not of the type. */
export type ScalarReader = (text: string) => string | number | boolean | Date | Uint8Array | undefined
type ScalarWriter = (value: unknown) => string

/** Whole numbers and decimals; the models do not say which of both a member is. */
const NUMBER = /^[+-]?\d{1,20}(?:\.\d{1,20})?(?:[eE][+-]?\d{1,3})?$/
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

/** How text (a form's value, an XML element, a header) becomes the member's value. */
export function textReader(member: Member, type: ScalarType, defaultFormat: TimestampFormat): ScalarReader {
  const format = member.timestampFormat ?? defaultFormat
  switch (type) {
    case 'string':
    case 'document':
      return (text) => text
    case 'number':
      return parseNumber
    case 'boolean':
      return parseBoolean
    case 'timestamp':
      return (text) => parseTimestamp(text, format)
    case 'blob':
      return parseBase64
    default:
      return assertNever(type)
  }
}

/** The reverse of `textReader`. */
export function textWriter(member: Member, type: ScalarType, defaultFormat: TimestampFormat): ScalarWriter {
  const format = member.timestampFormat ?? defaultFormat
  switch (type) {
    case 'timestamp':
      return (value) => (value instanceof Date ? formatTimestamp(value, format) : String(value))
    case 'blob':
      return (value) => (value instanceof Uint8Array ? Buffer.from(value).toString('base64') : String(value))
    case 'string':
    case 'number':
    case 'boolean':
    case 'document':
      return String
    default:
      return assertNever(type)
  }
}

export function parseBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || !BASE64.test(text)) return undefined
  return new Uint8Array(Buffer.from(text, 'base64'))
}

function parseNumber(text: string): number | undefined {
  return NUMBER.test(text) ? Number(text) : undefined
}

function parseBoolean(text: string): boolean | undefined {
  if (text === 'true') return true
  return text === 'false' ? false : undefined
}
