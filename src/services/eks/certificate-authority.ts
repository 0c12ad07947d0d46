import { generateKeyPair, type KeyObject, randomBytes, sign } from 'node:crypto'
import { promisify } from 'node:util'

const YEARS = 10
const SUBJECT = 'kubernetes'

/**
 * Returns what `certificateAuthority.data` holds: a self-signed CA certificate as PEM, in base64. Clients decode it before
 * anything else, so it must be a true one. Its private key is dropped: there is no API server here that it could sign for.
 *
 * @see https://www.rfc-editor.org/rfc/rfc5280#section-4.1
 */
export async function newCertificateAuthorityData(now: number): Promise<string> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'prime256v1' })
  const body = certificateBody(publicKey, now)
  const certificate = sequence(body, ECDSA_WITH_SHA256, bitString(sign('sha256', body, privateKey)))
  const lines = certificate.toString('base64').replace(/.{64}/g, '$&\n').trimEnd()
  return Buffer.from(`-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`).toString('base64')
}

function certificateBody(publicKey: KeyObject, now: number): Buffer {
  const name = sequence(der(SET, sequence(COMMON_NAME, der(UTF8_STRING, Buffer.from(SUBJECT)))))
  const serial = randomBytes(16)
  // Positive, and never with a leading zero byte.
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40
  return sequence(
    der(EXPLICIT_0, der(INTEGER, Buffer.from([VERSION_3]))),
    der(INTEGER, serial),
    ECDSA_WITH_SHA256,
    name,
    sequence(time(now), time(yearsLater(now))),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(EXPLICIT_3, sequence(BASIC_CONSTRAINTS_CA, KEY_USAGE_CERTIFICATES)),
  )
}

const VERSION_3 = 2
const BOOLEAN = 0x01
const INTEGER = 0x02
const BIT_STRING = 0x03
const OCTET_STRING = 0x04
const OBJECT_ID = 0x06
const UTF8_STRING = 0x0c
const UTC_TIME = 0x17
const GENERALIZED_TIME = 0x18
const SEQUENCE = 0x30
const SET = 0x31
const EXPLICIT_0 = 0xa0
const EXPLICIT_3 = 0xa3

const TRUE = der(BOOLEAN, Buffer.from([0xff]))
/** 1.2.840.10045.4.3.2 */
const ECDSA_WITH_SHA256 = sequence(der(OBJECT_ID, Buffer.from('2a8648ce3d040302', 'hex')))
/** 2.5.4.3 */
const COMMON_NAME = der(OBJECT_ID, Buffer.from('550403', 'hex'))
/** 2.5.29.19, critical, cA TRUE */
const BASIC_CONSTRAINTS_CA = sequence(
  der(OBJECT_ID, Buffer.from('551d13', 'hex')),
  TRUE,
  der(OCTET_STRING, sequence(TRUE)),
)
/** 2.5.29.15, critical, keyCertSign and cRLSign */
const KEY_USAGE_CERTIFICATES = sequence(
  der(OBJECT_ID, Buffer.from('551d0f', 'hex')),
  TRUE,
  der(OCTET_STRING, der(BIT_STRING, Buffer.from([1, 0x06]))),
)

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(SEQUENCE, Buffer.concat(parts))
}

function bitString(bytes: Buffer): Buffer {
  return der(BIT_STRING, Buffer.concat([Buffer.from([0]), bytes]))
}

/** Tag, length, content; lengths up to 65,535 bytes. */
function der(tag: number, content: Buffer): Buffer {
  const { length } = content
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...head]), content])
}

/** UTCTime through 2049, GeneralizedTime from 2050 on (RFC 5280 section 4.1.2.5). */
function time(ms: number): Buffer {
  const text = new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, '')
  const year = Number(text.slice(0, 4))
  return year < 2050 ? der(UTC_TIME, Buffer.from(text.slice(2))) : der(GENERALIZED_TIME, Buffer.from(text))
}

function yearsLater(ms: number): number {
  const date = new Date(ms)
  return date.setUTCFullYear(date.getUTCFullYear() + YEARS)
}
