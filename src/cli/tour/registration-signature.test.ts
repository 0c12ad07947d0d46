import { constants, generateKeyPairSync, sign } from 'node:crypto'
import { expect, it } from 'vitest'
import { verifyRegistration } from './registration-signature.ts'

const CLAIMS = { productCode: 'product-1', publicKeyVersion: 1 }
const own = generateKeyPairSync('rsa', { modulusLength: 2048 })
const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 })
const PUBLISHED = JSON.stringify({ keys: [{ ...own.publicKey.export({ format: 'jwk' }), kid: '1' }] })

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function signed(key = own.privateKey, header: object = { alg: 'PS256', kid: '1' }): string {
  const text = `${encode(header)}.${encode(CLAIMS)}`
  const pss = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
  return `${text}.${sign('sha256', Buffer.from(text), pss).toString('base64url')}`
}

it('returns the claims of a registration that the published key has signed', () => {
  expect(verifyRegistration(signed(), PUBLISHED)).toEqual(CLAIMS)
})

it('refuses a registration of another key, with changed claims, or under a key id or algorithm that is not published', () => {
  const [header, , mac] = signed().split('.')
  const changed = `${header}.${encode({ ...CLAIMS, productCode: 'product-2' })}.${mac}`
  for (const registration of [
    signed(foreign.privateKey),
    changed,
    signed(own.privateKey, { alg: 'PS256', kid: '2' }),
    signed(own.privateKey, { alg: 'none', kid: '1' }),
    `${header}.${encode(CLAIMS)}.`,
  ]) {
    expect(() => verifyRegistration(registration, PUBLISHED)).toThrow()
  }
})
