import { patternCovers, patternsMayMeet } from './pattern.ts'

const ARN_FIELDS = 6

/** A value of `Resource` as the set of resources that it matches, with how its policy reads it. */
export interface ResourceValue {
  readonly text: string
  /** The policy's version has variables. */
  readonly hasVariables: boolean
}

/** Does the outer value surely match whatever the inner one may match? Both stand in policies of the same kind. */
export function resourceCovers(outer: ResourceValue, inner: ResourceValue): boolean {
  if (outer.text === '*') return true
  if (outer.text === inner.text && (outer.hasVariables === inner.hasVariables || !outer.text.includes('${')))
    return true
  if (inner.text === '*' || outer.text.includes('${')) return false
  const innerFields = fieldsOf(inner)
  if (innerFields === undefined)
    return !inner.text.startsWith('arn:') && !outer.text.startsWith('arn:') && coversText(outer, inner)
  // A text that does not begin with `arn:` is compared whole, so that its wildcards cross colons.
  if (!outer.text.startsWith('arn:')) return patternCovers(outer.text, innerFields.join(':'))
  const outerFields = fieldsOf(outer)
  return outerFields?.every((field, i) => patternCovers(field, innerFields[i] ?? '')) ?? false
}

function coversText(outer: ResourceValue, inner: ResourceValue): boolean {
  return patternCovers(outer.text, inner.text)
}

/** Can both values match one resource? */
export function resourcesMayMeet(one: ResourceValue, other: ResourceValue): boolean {
  const [text, otherText] = [wholeText(one), wholeText(other)]
  return text === undefined || otherText === undefined || patternsMayMeet(text, otherText)
}

/**
 * The six fields of an ARN, variables as wildcards in the last, where they are replaced.
 * @returns undefined where the value is no ARN, is short (and padded, section 15 no. 6 of the facts), or has a variable before the last field
 */
function fieldsOf(value: ResourceValue): readonly string[] | undefined {
  const fields = value.text.split(':')
  if (fields[0] !== 'arn' || fields.length < ARN_FIELDS) return undefined
  const head = fields.slice(0, ARN_FIELDS - 1)
  if (head.some((field) => field.includes('${'))) return undefined
  return [...head, withVariablesOpen(fields.slice(ARN_FIELDS - 1).join(':'), value.hasVariables)]
}

/** One pattern over the whole text that matches at least what the value matches; undefined where only "anything" would. */
function wholeText(value: ResourceValue): string | undefined {
  if (!value.text.startsWith('arn:')) return value.text
  return fieldsOf(value)?.join(':')
}

/** From the first variable on, anything: what stands in it can be any text, and a malformed one has no meaning. */
function withVariablesOpen(text: string, hasVariables: boolean): string {
  const variable = hasVariables ? text.indexOf('${') : -1
  return variable < 0 ? text : `${text.slice(0, variable)}*`
}
