import { AwsError } from '../aws/aws-error.ts'
import { INVALID_IDENTITY_TOKEN } from '../aws/error-codes.ts'
import { type JsonObject, parseJsonObject } from './json-object.ts'
import { SIGNATURE_ALGORITHMS, type SignatureAlgorithm } from './signature-algorithm.ts'

/** `clientTokenType` of the STS model: 4 to 20,000 characters. */
export const TOKEN_CHARACTERS_MAX = 20_000

/** A compact JWS, taken apart and nothing believed yet. */
export interface Token {
  readonly algorithm: SignatureAlgorithm
  readonly keyId: string
  readonly claims: JsonObject
  /** What was signed: header and payload as they came. */
  readonly signingInput: string
  readonly signature: Buffer
}

/**
 * Takes a compact JWS apart. Where the header says to fetch or trust a key (`jku`, `x5u`, `jwk`, `x5c`) nobody listens:
 * keys come from the registered issuer only.
 *
 * @throws AwsError `InvalidIdentityToken` where it is no JWS that STS accepts; the text never repeats the token
 * @see https://www.rfc-editor.org/rfc/rfc7515#section-5.2
 */
export function parseToken(compact: string): Token {
  if (compact.length > TOKEN_CHARACTERS_MAX) throw notAToken(`longer than ${TOKEN_CHARACTERS_MAX} characters`)
  const parts = compact.split('.', 4)
  const [header, payload, signature] = parts
  if (parts.length !== 3 || !header || !payload || !signature) throw notAToken('not three parts, each with content')
  const { algorithm, keyId } = readHeader(decodeObject(header, 'header'))
  return {
    algorithm,
    keyId,
    claims: decodeObject(payload, 'payload'),
    signingInput: `${header}.${payload}`,
    signature: decodeBase64Url(signature, 'signature'),
  }
}

function readHeader(header: JsonObject): Pick<Token, 'algorithm' | 'keyId'> {
  const algorithm = typeof header.alg === 'string' ? SIGNATURE_ALGORITHMS.get(header.alg) : undefined
  if (algorithm === undefined) throw notAToken('its algorithm is not one that STS accepts')
  if ('crit' in header || 'b64' in header) throw notAToken('it asks for an extension that is not understood')
  if (typeof header.kid !== 'string' || header.kid === '') {
    throw new AwsError(INVALID_IDENTITY_TOKEN, 'Missing a required header: kid')
  }
  return { algorithm, keyId: header.kid }
}

function decodeObject(part: string, name: string): JsonObject {
  const object = parseJsonObject(decodeUtf8(decodeBase64Url(part, name), name))
  if (object === undefined) throw notAToken(`its ${name} is no JSON object`)
  return object
}

/** Accepts the one spelling that RFC 4648 section 5 gives the bytes: no padding, no foreign character, no stray bits. */
function decodeBase64Url(part: string, name: string): Buffer {
  const bytes = Buffer.from(part, 'base64url')
  if (bytes.toString('base64url') !== part) throw notAToken(`its ${name} is not base64url`)
  return bytes
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decodeUtf8(bytes: Buffer, name: string): string {
  try {
    return UTF8.decode(bytes)
  } catch {
    throw notAToken(`its ${name} is not UTF-8`)
  }
}

/** The text is what STS says (threads); what exactly is wrong is for the operator's log. */
function notAToken(cause: string): AwsError {
  return new AwsError(
    INVALID_IDENTITY_TOKEN,
    'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)',
    { cause: new Error(`Web identity token refused: ${cause}`) },
  )
}
