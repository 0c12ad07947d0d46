import type { ContextEntry } from '@aws-sdk/client-iam'
import type { Present } from '../../../access/present.ts'
import { AwsError } from '../../../aws/aws-error.ts'
import { INVALID_INPUT } from '../../../aws/error-codes.ts'
import type { ContextValue } from '../../../policy/index.ts'

const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?$/
const ADDRESS = /^[0-9a-fA-F:.]+(?:\/\d{1,3})?$/
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/
/** An ISO 8601 date, or seconds since the epoch. */
const DATE = /^(?:\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:?\d{2})?)?|-?\d+)$/

/** What a value of each type must look like; a `…List` is several of it. */
const TYPES: Readonly<Record<string, RegExp>> = {
  string: /^/,
  numeric: NUMBER,
  boolean: /^(?:true|false)$/i,
  ip: ADDRESS,
  binary: BASE64,
  date: DATE,
}

/**
 * The condition keys that a simulation is given, by lower-case name. Types say what the values must look like and whether the
 * key has several; policies compare all values as text of their operator's type.
 *
 * @throws AwsError `InvalidInput` for a value that is not of its type, or a key that is given twice
 */
export function contextOf(entries: readonly Present<ContextEntry>[]): Map<string, ContextValue> {
  const context = new Map<string, ContextValue>()
  for (const { ContextKeyName = '', ContextKeyValues = [], ContextKeyType = 'string' } of entries) {
    const key = ContextKeyName.toLowerCase()
    if (key === '') throw invalid('A context entry has no ContextKeyName.')
    if (context.has(key)) throw invalid(`The context key ${ContextKeyName} is given twice.`)
    const pattern = TYPES[ContextKeyType.replace(/List$/, '')]
    const wrong = ContextKeyValues.find((value) => pattern?.test(value) !== true)
    if (wrong !== undefined)
      throw invalid(`The value ${wrong} of the context key ${ContextKeyName} is no ${ContextKeyType}.`)
    const [only] = ContextKeyValues
    const isSingle = !ContextKeyType.endsWith('List') && ContextKeyValues.length === 1 && only !== undefined
    context.set(key, isSingle ? only : ContextKeyValues)
  }
  return context
}

function invalid(message: string): AwsError {
  return new AwsError(INVALID_INPUT, message)
}
