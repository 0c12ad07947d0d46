import { beforeEach, expect, test } from 'vitest'
import { ChangeLog, LOGGED_CHANGES_READ_MAX } from './change-log.ts'

const row = (sequence: number) => ({ sequence, subject: `role/${sequence}` })

let log: ChangeLog
let heard: unknown[]

beforeEach(() => {
  log = new ChangeLog(5)
  heard = []
  log.onChange((subject) => heard.push(subject))
})

test('a look that finds the last known row announces all after it', () => {
  expect(log.follow(5, [row(5), row(6), row(7)])).toBe(false)
  expect(heard).toEqual(['role/6', 'role/7'])
  expect(log.sequence).toBe(7)
})

test.each([
  ['was pruned', [row(8), row(9)], 9],
  ['is gone with all others', [], 0],
])('a look whose last known row %s announces that anything may have changed', (_, rows, sequence) => {
  log.follow(5, rows)
  expect(heard).toEqual([undefined])
  expect(log.sequence).toBe(sequence)
})

test('a look that was overtaken by an own commit tells nothing twice, and does not go back', () => {
  log.committed(6, ['role/6'])
  log.follow(5, [row(5), row(6)])
  expect(heard).toEqual(['role/6'])
  expect(log.sequence).toBe(6)
})

test('an own commit that has others before it leaves those to the next look', () => {
  log.committed(8, ['role/8'])
  expect(log.sequence).toBe(5)
  log.follow(5, [row(5), row(6), row(7), row(8)])
  expect(heard).toEqual(['role/8', 'role/6', 'role/7', 'role/8'])
})

test('a full look asks for another', () => {
  const rows = Array.from({ length: LOGGED_CHANGES_READ_MAX }, (_, index) => row(5 + index))
  expect(log.follow(5, rows)).toBe(true)
})

test('a new database has no last known row', () => {
  const fresh = new ChangeLog(0)
  fresh.onChange((subject) => heard.push(subject))
  fresh.follow(0, [row(1)])
  expect(heard).toEqual(['role/1'])
})
