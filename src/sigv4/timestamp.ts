const BASIC = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/
const HTTP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/

/** Formats milliseconds since the epoch as signatures write time: ISO 8601 basic, UTC, whole seconds (`20130524T000000Z`). */
export function formatTimestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replaceAll('-', '').replaceAll(':', '')}Z`
}

/** Reads `20130524T000000Z`; undefined for any other form and for a day or hour that does not exist. */
export function parseTimestamp(text: string): number | undefined {
  const match = BASIC.exec(text)
  if (match === null) return undefined
  const [, year, month, day, hour, minute, second] = match
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`)
  return Number.isNaN(ms) || formatTimestamp(ms) !== text ? undefined : ms
}

/** Reads a `Date` header, `Fri, 24 May 2013 00:00:00 GMT` or the basic format; undefined for any other. */
export function parseDateHeader(text: string): number | undefined {
  if (!HTTP_DATE.test(text)) return parseTimestamp(text)
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? undefined : ms
}
