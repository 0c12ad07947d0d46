/** The W3C profile of ISO 8601 (https://www.w3.org/TR/NOTE-datetime): from the year alone to fractions of a second with a zone. */
const W3C_DATE =
  /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(\.\d{1,9})?)?(?:Z|([+-])(\d{2}):(\d{2})))?)?)?$/
const EPOCH_SECONDS = /^-?\d{1,15}(?:\.\d{1,9})?$/

/**
 * Reads a date of a policy or a request, in either of AWS's two forms. Four digits alone are a year.
 *
 * @returns milliseconds since the epoch, or undefined where the text is no date
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Date
 */
export function parseDate(text: string): number | undefined {
  const parts = W3C_DATE.exec(text)
  if (!parts) return EPOCH_SECONDS.test(text) ? Number(text) * 1000 : undefined
  const number = (index: number, absent = 0): number => Number(parts[index] ?? absent)
  const [year, month, day] = [number(1), number(2, 1), number(3, 1)]
  const [hour, minute, second] = [number(4), number(5), number(6)]
  const midnight = new Date(0)
  midnight.setUTCFullYear(year, month - 1, day)
  // The calendar rolls 30 February over into March; a date that moved was none.
  if (midnight.getUTCMonth() !== month - 1 || midnight.getUTCDate() !== day) return undefined
  if (hour > 23 || minute > 59 || second > 59 || number(9) > 23 || number(10) > 59) return undefined
  const zoneMinutes = (number(9) * 60 + number(10)) * (parts[8] === '-' ? -1 : 1)
  return midnight.getTime() + ((hour * 60 + minute - zoneMinutes) * 60 + second + number(7)) * 1000
}
