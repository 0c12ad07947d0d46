import { expect, it } from 'vitest'
import { answerOf, isExpected, MissingGround } from './step.ts'

function serviceError(name: string, status: number, wireCode?: string): Error {
  const error = Object.assign(new Error('because'), { $metadata: { httpStatusCode: status }, Code: wireCode })
  error.name = name
  return error
}

it('takes a refusal of the service as denied, under the code that the service sent', () => {
  const answer = answerOf(serviceError('InvalidIdentityTokenException', 400, 'InvalidIdentityToken'))
  expect(answer).toEqual({ kind: 'denied', code: 'InvalidIdentityToken', message: 'because' })
  expect(answerOf(serviceError('AccessDeniedException', 403))).toMatchObject({ code: 'AccessDeniedException' })
})

it('takes no answer, and a failure of the server, as failed: neither proves that anything was denied', () => {
  expect(answerOf(new Error('ECONNREFUSED'))).toMatchObject({ kind: 'failed' })
  expect(answerOf(serviceError('AccessDenied', 500))).toMatchObject({ kind: 'failed' })
})

it('takes a step without its ground as skipped', () => {
  expect(answerOf(new MissingGround('no role'))).toEqual({ kind: 'skipped', message: 'no role' })
})

it('expects a denial by its code, and nothing else in its place', () => {
  const expected = { kind: 'denied', code: 'AccessDenied' } as const
  expect(isExpected(expected, { kind: 'denied', code: 'AccessDenied', message: '' })).toBe(true)
  expect(isExpected(expected, { kind: 'denied', code: 'NoSuchBucket', message: '' })).toBe(false)
  expect(isExpected(expected, { kind: 'allowed', shown: '' })).toBe(false)
  expect(isExpected(expected, { kind: 'failed', message: '' })).toBe(false)
  expect(isExpected(expected, { kind: 'skipped', message: '' })).toBe(false)
})

it('expects an allowed call to be allowed', () => {
  expect(isExpected({ kind: 'allowed' }, { kind: 'allowed', shown: '' })).toBe(true)
  expect(isExpected({ kind: 'allowed' }, { kind: 'denied', code: 'AccessDenied', message: '' })).toBe(false)
})
