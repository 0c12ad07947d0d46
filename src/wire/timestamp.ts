import type { TimestampFormat } from './shape.ts'

/** `2026-11-24T22:44:32Z`, fraction and offset allowed. */
const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/
/** `Tue, 24 Nov 2026 22:44:32 GMT` */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2}(?:\.\d{1,3})? GMT$/
const EPOCH_SECONDS = /^-?\d{1,12}(?:\.\d{1,9})?$/

/** @returns undefined where the text has not that form or names no day */
export function parseTimestamp(text: string, format: TimestampFormat): Date | undefined {
  switch (format) {
    case 'date-time':
      return DATE_TIME.test(text) ? validDate(Date.parse(text)) : undefined
    case 'http-date':
      return HTTP_DATE.test(text) ? validDate(Date.parse(text)) : undefined
    case 'epoch-seconds':
      return EPOCH_SECONDS.test(text) ? dateOfSeconds(Number(text)) : undefined
  }
}

export function dateOfSeconds(seconds: number): Date | undefined {
  return validDate(Math.round(seconds * 1000))
}

/** Text forms have whole seconds, as AWS sends them; epoch seconds keep their milliseconds. */
export function formatTimestamp(date: Date, format: TimestampFormat): string {
  switch (format) {
    case 'date-time':
      return `${date.toISOString().slice(0, -'.000Z'.length)}Z`
    case 'http-date':
      return date.toUTCString()
    case 'epoch-seconds':
      return String(date.getTime() / 1000)
  }
}

function validDate(milliseconds: number): Date | undefined {
  return Number.isNaN(milliseconds) || Math.abs(milliseconds) > 8.64e15 ? undefined : new Date(milliseconds)
}
