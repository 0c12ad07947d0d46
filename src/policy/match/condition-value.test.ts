import { describe, expect, it } from 'vitest'
import { parseDecimal } from './condition-operator.ts'
import { parseDate } from './date.ts'
import { parseIpAddress, parseIpRange } from './ip-address.ts'

describe('dates', () => {
  it.each([
    ['1970', 0],
    ['1970-01', 0],
    ['1970-01-02', 86_400_000],
    ['1970-01-01T00:01Z', 60_000],
    ['1970-01-01T00:00:01Z', 1000],
    ['1970-01-01T00:00:00.25Z', 250],
    ['1970-01-01T01:00:00+01:00', 0],
    ['1969-12-31T23:00:00-01:00', 0],
    ['2024-02-29', Date.UTC(2024, 1, 29)],
    ['0099', new Date('0099-01-01T00:00:00Z').getTime()],
    ['0', 0],
    ['-1', -1000],
    ['1704067200', 1_704_067_200_000],
    ['1704067200.5', 1_704_067_200_500],
  ])('%s is %d ms', (text, expected) => {
    expect(parseDate(text)).toBe(expected)
  })

  it.each([
    '',
    'today',
    '2023-02-29',
    '2024-13',
    '2024-00',
    '2024-1-1',
    '2024-01-01T00:00',
    '2024-01-01T24:00Z',
    '2024-01-01T00:60Z',
    '2024-01-01T00:00:60Z',
    '2024-01-01T00:00Z ',
    '2024-01-01 00:00Z',
    '12abc',
    '1e3',
    '2024-01-01T00:00+24:00',
  ])('%j is none', (text) => {
    expect(parseDate(text)).toBeUndefined()
  })
})

describe('addresses', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8::1', '2001:0DB8:0:0:0:0:0:1'],
    ['::', '0:0:0:0:0:0:0:0'],
    ['::1', '0::1'],
    ['1::', '1:0:0:0:0:0:0:0'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
  ])('%s is the address %s', (one, other) => {
    expect(parseIpAddress(one)).toBeDefined()
    expect(parseIpAddress(one)).toEqual(parseIpAddress(other))
  })

  it.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '256.0.0.1',
    '01.2.3.4',
    '1.2.3.4 ',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7::8',
    '12345::',
    'g::',
    '::1.2.3',
    '1.2.3.4::',
    '::1%eth0',
  ])('%j is none', (text) => {
    expect(parseIpAddress(text)).toBeUndefined()
  })

  it.each(['192.0.2.0/0', '192.0.2.0/32', '2001:db8::/0', '2001:db8::/128', '::ffff:192.0.2.0/120'])(
    '%s is a range',
    (text) => {
      expect(parseIpRange(text)).toBeDefined()
    },
  )

  it.each([
    '192.0.2.0/33',
    '192.0.2.0/',
    '192.0.2.0/-1',
    '192.0.2.0/8/8',
    '2001:db8::/129',
    '::ffff:192.0.2.0/95',
    'x/8',
  ])('%s is no range', (text) => {
    expect(parseIpRange(text)).toBeUndefined()
  })
})

describe('numbers', () => {
  it.each([
    ['5', 5],
    ['-5.50', -5.5],
    ['+5', 5],
    ['.5', 0.5],
    ['5.', 5],
    ['1e3', 1000],
  ])('%s is %d', (text, expected) => {
    expect(parseDecimal(text)).toBe(expected)
  })

  it.each(['', ' 5', '12abc', '0x10', 'Infinity', 'NaN', '1e999', '1_000', '.', '--1'])('%j is none', (text) => {
    expect(parseDecimal(text)).toBeUndefined()
  })
})
