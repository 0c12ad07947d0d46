import { constants, type KeyObject, verify } from 'node:crypto'

/** A signature algorithm of a token, with the one kind of key that it is for. */
export type SignatureAlgorithm =
  | { readonly name: string; readonly family: 'RSA'; readonly hash: string }
  | {
      readonly name: string
      readonly family: 'EC'
      readonly hash: string
      /** OpenSSL's name of the curve. */
      readonly curve: string
      /** r and s, each as long as the curve's order. */
      readonly signatureBytes: number
    }

/**
 * The algorithms that STS accepts; no other is ever tried, `none` and HMAC included.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
 * @see https://www.rfc-editor.org/rfc/rfc7518#section-3.1
 */
export const SIGNATURE_ALGORITHMS: ReadonlyMap<string, SignatureAlgorithm> = new Map(
  (
    [
      { name: 'RS256', family: 'RSA', hash: 'sha256' },
      { name: 'RS384', family: 'RSA', hash: 'sha384' },
      { name: 'RS512', family: 'RSA', hash: 'sha512' },
      { name: 'ES256', family: 'EC', hash: 'sha256', curve: 'prime256v1', signatureBytes: 64 },
      { name: 'ES384', family: 'EC', hash: 'sha384', curve: 'secp384r1', signatureBytes: 96 },
      { name: 'ES512', family: 'EC', hash: 'sha512', curve: 'secp521r1', signatureBytes: 132 },
    ] as const satisfies readonly SignatureAlgorithm[]
  ).map((algorithm) => [algorithm.name, algorithm]),
)

/** Bits of an RSA key: below 2,048 it is weak (RFC 7518 section 3.3), above 8,192 a check costs too much. Own upper limit. */
const RSA_BITS_MIN = 2048
const RSA_BITS_MAX = 8192

/** Returns whether the public key is of the kind, size and curve that the algorithm is for. */
export function fitsKey(algorithm: SignatureAlgorithm, key: KeyObject): boolean {
  const { modulusLength = 0, publicExponent = 0n, namedCurve } = key.asymmetricKeyDetails ?? {}
  if (algorithm.family === 'EC') return key.asymmetricKeyType === 'ec' && namedCurve === algorithm.curve
  return (
    key.asymmetricKeyType === 'rsa' &&
    modulusLength >= RSA_BITS_MIN &&
    modulusLength <= RSA_BITS_MAX &&
    publicExponent >= 3n &&
    publicExponent < 2n ** 64n &&
    publicExponent % 2n === 1n
  )
}

/** Returns whether the signature is the key's; the caller has seen that the key fits the algorithm. */
export function isSignedBy(
  algorithm: SignatureAlgorithm,
  key: KeyObject,
  signingInput: string,
  signature: Buffer,
): boolean {
  const input = Buffer.from(signingInput, 'latin1')
  if (algorithm.family === 'RSA') {
    return verify(algorithm.hash, input, { key, padding: constants.RSA_PKCS1_PADDING }, signature)
  }
  if (signature.length !== algorithm.signatureBytes) return false
  return verify(algorithm.hash, input, { key, dsaEncoding: 'ieee-p1363' }, signature)
}
