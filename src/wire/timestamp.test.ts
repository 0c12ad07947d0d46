import { describe, expect, test } from 'vitest'
import { formatTimestamp, parseTimestamp } from './timestamp.ts'

const DATE = new Date('2026-11-24T22:44:32.000Z')

describe('parseTimestamp', () => {
  test.each([
    ['2026-11-24T22:44:32Z', 'date-time', DATE],
    ['2026-11-24T22:44:32.000000000Z', 'date-time', DATE],
    ['2026-11-25T00:44:32+02:00', 'date-time', DATE],
    ['Tue, 24 Nov 2026 22:44:32 GMT', 'http-date', DATE],
    ['1795560272', 'epoch-seconds', DATE],
    ['1795560272.25', 'epoch-seconds', new Date(DATE.getTime() + 250)],
    ['-1', 'epoch-seconds', new Date(-1000)],
  ] as const)('reads %s', (text, format, expected) => {
    expect(parseTimestamp(text, format)).toEqual(expected)
  })

  test.each([
    ['2026-11-24', 'date-time'],
    ['2026-13-24T22:44:32Z', 'date-time'],
    ['2026-11-24T22:44:32', 'date-time'],
    ['2026-11-24T22:44:32Z ', 'date-time'],
    ['1795560272', 'date-time'],
    ['Tue, 24 Nov 2026 22:44:32', 'http-date'],
    ['Tue, 24 Nnn 2026 22:44:32 GMT', 'http-date'],
    ['', 'epoch-seconds'],
    ['1e3', 'epoch-seconds'],
    ['9999999999999', 'epoch-seconds'],
  ] as const)('refuses %j as %s', (text, format) => {
    expect(parseTimestamp(text, format)).toBeUndefined()
  })
})

test('formatTimestamp writes whole seconds, and epoch seconds with their fraction', () => {
  const date = new Date(DATE.getTime() + 987)
  expect(formatTimestamp(date, 'date-time')).toBe('2026-11-24T22:44:32Z')
  expect(formatTimestamp(date, 'http-date')).toBe('Tue, 24 Nov 2026 22:44:32 GMT')
  expect(formatTimestamp(date, 'epoch-seconds')).toBe('1795560272.987')
})
