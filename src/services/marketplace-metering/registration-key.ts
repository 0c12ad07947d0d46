import { constants, createPrivateKey, generateKeyPair, sign, type webcrypto } from 'node:crypto'
import { promisify } from 'node:util'
import { assert } from '../../aws/assert.ts'
import type { KeyRing } from '../../store/key-ring.ts'
import type { CallStore, Reads, Writes } from '../../store/store.ts'

export type PublicJwk = webcrypto.JsonWebKey & { readonly kid: string }

/** A key that signs the answers of RegisterUsage. Versions count from 1; earlier ones stay, because sellers build them into images. */
export interface RegistrationKey {
  readonly version: number
  readonly publicJwk: PublicJwk
  /** PKCS #8 PEM, sealed with the name of the settings row as associated data. */
  readonly sealedPrivateKey: string
  /** Milliseconds since the epoch. */
  readonly createdAt: number
}

export interface RegistrationKeyStore {
  readonly store: CallStore
  readonly keyRing: KeyRing
}

/** A JWKS document: `kid` is the PublicKeyVersion. */
export interface RegistrationKeySet {
  readonly keys: readonly PublicJwk[]
}

const SETTING_PREFIX = 'marketplace-registration-key/'
const FIRST_VERSION = 1
const MODULUS_BITS = 2048
/** PS256 takes a salt as long as the digest (RFC 7518, 3.5). */
const SALT_BYTES = 32

/** Returns the public keys of all versions, to be published for the clients that verify; makes the first where there is none. */
export async function publishedRegistrationKeys(keys: RegistrationKeyStore, now: number): Promise<RegistrationKeySet> {
  return { keys: (await listRegistrationKeys(keys, now)).map(({ publicJwk }) => publicJwk) }
}

/** Returns the keys, oldest first; makes the first where there is none. */
export async function listRegistrationKeys(
  keys: RegistrationKeyStore,
  now: number,
): Promise<readonly RegistrationKey[]> {
  const known = await readKeys(keys.store.reads)
  if (known.length > 0) return known
  await addKey(keys, FIRST_VERSION, now)
  return readKeys(keys.store.reads)
}

/**
 * Makes the next version. Clients that ask with an earlier one are still answered, with the time of this as
 * PublicKeyRotationTimestamp.
 *
 * @returns the new version
 */
export async function rotateRegistrationKey(keys: RegistrationKeyStore, now: number): Promise<number> {
  const known = await listRegistrationKeys(keys, now)
  const version = (known.at(-1)?.version ?? 0) + 1
  await addKey(keys, version, now)
  return version
}

/** Returns a compact JWS of the claims (PS256, `typ` JWT, `kid` the version). */
export function signClaims(keyRing: KeyRing, key: RegistrationKey, claims: Readonly<Record<string, unknown>>): string {
  const pem = keyRing.open('column', key.sealedPrivateKey, settingName(key.version))
  assert(pem !== undefined, 'the registration key opens with the key ring of its installation')
  const header = { alg: 'PS256', typ: 'JWT', kid: String(key.version) }
  const signed = `${encodeJson(header)}.${encodeJson(claims)}`
  const signature = sign('sha256', Buffer.from(signed), {
    key: createPrivateKey(pem),
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: SALT_BYTES,
  })
  return `${signed}.${signature.toString('base64url')}`
}

async function readKeys(reads: Reads | Writes): Promise<readonly RegistrationKey[]> {
  const rows = await reads.selectFrom('settings').select('value').where('name', 'like', `${SETTING_PREFIX}%`).execute()
  const keys: RegistrationKey[] = rows.map(({ value }) => JSON.parse(value))
  return keys.sort((one, other) => one.version - other.version)
}

/** Keeps the key of another process where one was quicker. The key is made before the write, which waits for queries only. */
async function addKey({ store, keyRing }: RegistrationKeyStore, version: number, now: number): Promise<void> {
  const name = settingName(version)
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: MODULUS_BITS })
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' })
  const key: RegistrationKey = {
    version,
    publicJwk: { ...publicKey.export({ format: 'jwk' }), kid: String(version), alg: 'PS256', use: 'sig' },
    sealedPrivateKey: keyRing.seal('column', Buffer.from(pem), name),
    createdAt: now,
  }
  await store.write(async (writes) => {
    const existing = await writes.selectFrom('settings').select('name').where('name', '=', name).executeTakeFirst()
    if (existing !== undefined) return
    await writes
      .insertInto('settings')
      .values({ name, value: JSON.stringify(key) })
      .execute()
  })
}

function settingName(version: number): string {
  return `${SETTING_PREFIX}${version}`
}

function encodeJson(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
