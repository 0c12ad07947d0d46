import { constants, createPublicKey, type JsonWebKeyInput, verify } from 'node:crypto'

interface PublishedKey {
  readonly kid?: string
}

/**
 * Checks the answer of RegisterUsage as the software in a paid container image does: a JWT (PS256) signed by the published
 * key of its version.
 *
 * @param published  JWKS document
 * @returns the claims
 * @throws Error where it is not signed by that key
 */
export function verifyRegistration(signature: string, published: string): Readonly<Record<string, unknown>> {
  const [header = '', payload = '', mac = ''] = signature.split('.')
  const { alg, kid } = decode(header)
  const keys: readonly PublishedKey[] = JSON.parse(published).keys
  const jwk = keys.find((key) => key.kid === kid)
  if (alg !== 'PS256' || jwk === undefined) throw new Error(`no key is published for ${String(alg)} ${String(kid)}`)
  const key = createPublicKey({ key: jwk, format: 'jwk' } as JsonWebKeyInput)
  const pss = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
  if (!verify('sha256', Buffer.from(`${header}.${payload}`), pss, Buffer.from(mac, 'base64url'))) {
    throw new Error('the registration is not signed by the published key')
  }
  return decode(payload)
}

function decode(part: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
}
