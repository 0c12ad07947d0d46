import { createSecretKey, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { open, seal } from './seal.ts'

const key = createSecretKey(randomBytes(32))
const plaintext = Buffer.from('a secret')
const OVERHEAD_BYTES = 44

test('a sealed value opens to what was sealed, empty included', () => {
  for (const value of [plaintext, Buffer.alloc(0), randomBytes(10_000)]) {
    const sealed = seal(key, value, 'role')
    expect(sealed).toHaveLength(value.length + OVERHEAD_BYTES)
    expect(open(key, sealed, 'role')).toEqual(value)
  }
})

test('the same value never looks the same twice, and does not show', () => {
  const sealed = Array.from({ length: 100 }, () => seal(key, plaintext, '').toString('hex'))
  expect(new Set(sealed.map((text) => text.slice(0, 32))).size).toBe(100)
  expect(sealed.some((text) => text.includes(plaintext.toString('hex')))).toBe(false)
})

test('a value with any bit changed does not open', () => {
  const sealed = seal(key, plaintext, 'role')
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const changed = Buffer.from(sealed)
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    expect(open(key, changed, 'role')).toBeUndefined()
  }
})

test('a value that was cut short, or has more, does not open', () => {
  const sealed = seal(key, plaintext, 'role')
  for (let length = 0; length < sealed.length; length++) {
    expect(open(key, sealed.subarray(0, length), 'role')).toBeUndefined()
  }
  expect(open(key, Buffer.concat([sealed, Buffer.alloc(1)]), 'role')).toBeUndefined()
})

test('a value opens with no other key and no other associated data', () => {
  const sealed = seal(key, plaintext, 'role')
  expect(open(createSecretKey(randomBytes(32)), sealed, 'role')).toBeUndefined()
  expect(open(key, sealed, 'rol')).toBeUndefined()
})
