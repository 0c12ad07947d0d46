import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatTimestamp, parseDateHeader, parseTimestamp } from './timestamp.ts'

describe('timestamps', () => {
  it('are read as they are written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253_402_300_799 }), (seconds) => {
        expect(parseTimestamp(formatTimestamp(seconds * 1000))).toBe(seconds * 1000)
      }),
    )
  })

  it.each(['20130230T000000Z', '20130524T240000Z', '20130524T000060Z', '20130524T000000', '2013-05-24T00:00:00Z', ''])(
    'are not %j',
    (text) => {
      expect(parseTimestamp(text)).toBeUndefined()
      expect(parseDateHeader(text)).toBeUndefined()
    },
  )

  it('may come as HTTP dates', () => {
    expect(parseDateHeader('Fri, 24 May 2013 00:00:00 GMT')).toBe(Date.UTC(2013, 4, 24))
    expect(parseDateHeader('24 May 2013')).toBeUndefined()
    expect(parseDateHeader('Fri, 99 May 2013 00:00:00 GMT')).toBeUndefined()
  })
})
