import fc from 'fast-check'
import { expect, test } from 'vitest'
import { accountOfAccessKeyId, newAccessKeyId } from './access-key-id.ts'

test('an access key id names its account', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 999_999_999_999 }),
      fc.constantFrom('long-term', 'temporary'),
      (number, kind) => {
        const accountId = String(number).padStart(12, '0')
        const id = newAccessKeyId(kind, accountId)
        expect(id).toMatch(/^A[KS]IA[A-Z2-7]{16}$/)
        expect(accountOfAccessKeyId(id)).toBe(accountId)
      },
    ),
  )
})

test('text of another form names no account', () => {
  for (const text of ['', 'AKIA', 'AKIAIOSFODNN7EXAMPLE1', 'AROAIOSFODNN7EXAMPLE', 'AKIA0000000000000000']) {
    expect(accountOfAccessKeyId(text)).toBeUndefined()
  }
})

test('ids of one account differ', () => {
  const ids = new Set(Array.from({ length: 1000 }, () => newAccessKeyId('temporary', '111122223333')))
  expect(ids.size).toBe(1000)
})
