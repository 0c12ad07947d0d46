import { expect, test } from 'vitest'
import { terminalLine } from './terminal-log.ts'

const TIME = '2026-01-02T03:04:05.678Z'

function line(facts: object, isColored = false): string {
  return terminalLine(JSON.stringify({ level: 'info', time: TIME, ...facts }), { isColored })
}

const CALL = {
  ...{ msg: 'call', eventSource: 'iam.amazonaws.com', eventName: 'GetRole', status: 200, durationMs: 3.14 },
  userIdentity: { type: 'IAMUser', arn: 'arn:aws:iam::111122223333:user/team/ann' },
}

test('a call is one line: time, service and operation, outcome, who, how long', () => {
  expect(line(CALL)).toBe('03:04:05  iam:GetRole                        200  user/team/ann  3.1 ms\n')
})

test.each([
  [{ status: 404, errorCode: 'NoSuchEntity' }, '404 NoSuchEntity  user/team/ann  3.1 ms'],
  [{ durationMs: 1234.6 }, '200  user/team/ann  1235 ms'],
  [
    { userIdentity: { type: 'WebIdentityUser', userName: 'system:serviceaccount:a:b' } },
    '200  system:serviceaccount:a:b  3.1 ms',
  ],
  [{ userIdentity: { type: 'AWSAccount' } }, '200  anonymous  3.1 ms'],
])('with %o it ends in %s', (facts, end) => {
  expect(line({ ...CALL, ...facts })).toMatch(new RegExp(` ${end}\n$`))
})

test('what broke stands below, indented', () => {
  expect(
    line({ ...CALL, level: 'error', status: 500, errorCode: 'InternalFailure', err: { stack: 'Error: x\n  at y' } }),
  ).toBe(
    '03:04:05  iam:GetRole                        500 InternalFailure  user/team/ann  3.1 ms\n          Error: x\n            at y\n',
  )
})

test('other lines show their level, where it matters, and their facts', () => {
  expect(line({ msg: 'listening', url: 'http://127.0.0.1:1', pid: 7 })).toBe(
    '03:04:05  listening  url=http://127.0.0.1:1  pid=7\n',
  )
  expect(line({ level: 'error', msg: 'no', list: [1] })).toBe('03:04:05  error no  list=[1]\n')
})

test('a caller cannot move the cursor or begin a line of its own', () => {
  const userName = 'a\u001b[2Jb\r\n03:04:05  fake\u009b1mc\u0007'
  const shown = line({ ...CALL, userIdentity: { userName } })
  expect(shown).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
  expect(shown.split('\n')).toHaveLength(2)
})

test('colors are there where they are wanted', () => {
  expect(line(CALL, true)).toContain('\u001b[32m200')
  expect(line({ ...CALL, status: 403 }, true)).toContain('\u001b[33m403')
  expect(line({ ...CALL, status: 503 }, true)).toContain('\u001b[31m503')
})
