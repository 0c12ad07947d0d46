import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AwsError } from '../../aws/aws-error.ts'
import type { HttpRequest } from '../../aws/http-message.ts'
import type { ServiceProtocol } from '../../aws/service-protocol.ts'
import { presign, type Signer, signRequest } from '../../sigv4/sign.ts'
import { type KeyRing, openKeyRing } from '../../store/key-ring.ts'
import { openSqliteStore } from '../../store/sqlite.ts'
import type { Store } from '../../store/store.ts'
import { openRoleRecords } from '../records/role-records.ts'
import { type Authenticator, openAuthenticator } from './authenticate.ts'
import { type CredentialSource, openCredentialSource } from './credentials.ts'
import { type SessionRecord, sealSession } from './session-token.ts'

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5)
const MINUTE = 60_000
const ACCOUNT = '111122223333'
const KEY = { accessKeyId: 'AKIAALICE', secretAccessKey: 'alices-secret' }
const SESSION_KEY = { accessKeyId: 'ASIASESSION', secretAccessKey: 'secret-of-the-session' }

const STS: ServiceProtocol = { name: 'sts', protocol: 'query', apiVersion: '2011-06-15', signingNames: ['sts'] }
const S3: ServiceProtocol = { name: 's3', protocol: 'rest-xml', apiVersion: '2006-03-01', signingNames: ['s3'] }
const EKS: ServiceProtocol = { name: 'eks', protocol: 'rest-json', apiVersion: '2017-11-01', signingNames: ['eks'] }

const ROLE_SESSION: SessionRecord = {
  kind: 'assumed-role',
  accountId: ACCOUNT,
  roleId: 'AROAREADER',
  roleName: 'reader',
  sessionName: 'pod-1',
  ...SESSION_KEY,
  issuedAt: NOW - MINUTE,
  expiresAt: NOW + 60 * MINUTE,
  policies: [],
  tags: [{ key: 'team', value: 'blue', isTransitive: true }],
  sourceIdentity: 'alice',
  federatedProvider: undefined,
  federatedContext: {},
  isChained: false,
}
const USER_SESSION: SessionRecord = {
  kind: 'user',
  accountId: ACCOUNT,
  userId: 'AIDAALICE',
  userName: 'Alice',
  ...SESSION_KEY,
  issuedAt: NOW,
  expiresAt: NOW + 60 * MINUTE,
  policies: [],
  tags: [],
  sourceIdentity: undefined,
  federatedProvider: undefined,
  federatedContext: {},
  isChained: false,
}

let store: Store
let keyRing: KeyRing
let credentials: CredentialSource
let authenticator: Authenticator

beforeEach(async () => {
  store = await openSqliteStore({ path: ':memory:', clock: () => NOW })
  keyRing = await openKeyRing(store, randomBytes(32), () => NOW)
  await addUser('AIDAALICE', 'Alice')
  await addKey(KEY.accessKeyId, KEY.secretAccessKey)
  await addRole('AROAREADER', 'reader')
  credentials = openCredentialSource({ reads: store.reads, changes: store.changes, keyRing })
  const roles = openRoleRecords({ reads: store.reads, changes: store.changes })
  authenticator = openAuthenticator({ credentials, roles })
})
afterEach(() => store.close())

async function addUser(userId: string, userName: string): Promise<void> {
  await store.write(async (writes) => {
    const named = { user_name: userName, user_name_key: userName.toLowerCase(), path: '/team/' }
    const row = { user_id: userId, account_id: ACCOUNT, ...named, permissions_boundary: null, created_at: NOW }
    await writes.insertInto('users').values(row).execute()
    writes.changed(`user/${userId}`)
  })
}

async function addKey(accessKeyId: string, secretAccessKey: string): Promise<void> {
  const sealed_secret = keyRing.seal('column', Buffer.from(secretAccessKey), accessKeyId)
  await store.write(async (writes) => {
    const owner = { account_id: ACCOUNT, user_id: 'AIDAALICE' }
    const row = { access_key_id: accessKeyId, ...owner, sealed_secret, status: 'Active' as const, created_at: NOW }
    await writes.insertInto('access_keys').values(row).execute()
    writes.changed(`access-key/${accessKeyId}`)
  })
}

async function addRole(roleId: string, roleName: string): Promise<void> {
  await store.write(async (writes) => {
    const row = {
      role_id: roleId,
      account_id: ACCOUNT,
      role_name: roleName,
      role_name_key: roleName,
      path: '/apps/',
      description: null,
      trust_policy: '{}',
      trust_principal_ids: '{}',
      max_session_duration_seconds: 3600,
      permissions_boundary: null,
      created_at: NOW,
      last_used_at: null,
      last_used_region: null,
    }
    await writes.insertInto('roles').values(row).execute()
    writes.changed(`role/${roleId}`)
  })
}

async function remove(table: 'roles' | 'users' | 'access_keys', id: string): Promise<void> {
  await store.write(async (writes) => {
    if (table === 'roles') {
      await writes.deleteFrom('roles').where('role_id', '=', id).execute()
      writes.changed(`role/${id}`)
    } else if (table === 'users') {
      await writes.deleteFrom('access_keys').where('user_id', '=', id).execute()
      await writes.deleteFrom('users').where('user_id', '=', id).execute()
      writes.changed(`user/${id}`)
    } else {
      await writes.deleteFrom('access_keys').where('access_key_id', '=', id).execute()
      writes.changed(`access-key/${id}`)
    }
  })
}

interface Sent {
  readonly signer?: Partial<Signer>
  readonly service?: ServiceProtocol
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly isLink?: boolean
}

function request(sent: Sent = {}): HttpRequest {
  const service = sent.service ?? STS
  const signer = {
    ...KEY,
    sessionToken: undefined,
    region: 'eu-west-1',
    service: service.name,
    now: NOW,
    ...sent.signer,
  }
  const bytes = Buffer.from(sent.body ?? '')
  const outgoing = { method: 'POST', path: '/', query: '', headers: { host: 'localhost:4566', ...sent.headers } }
  const rest = { body: { kind: 'bytes', bytes }, sourceAddress: '127.0.0.1', isSecure: false } as const
  if (sent.isLink) return { ...outgoing, query: presign(outgoing, 60, signer), ...rest }
  return { ...outgoing, headers: signRequest(outgoing, bytes, signer), ...rest }
}

function tokenOf(session: SessionRecord): Partial<Signer> {
  const { accessKeyId, secretAccessKey } = session
  return { accessKeyId, secretAccessKey, sessionToken: sealSession(keyRing, session) }
}

function authenticate(sent: Sent = {}, now = NOW) {
  return authenticator.authenticate(request(sent), sent.service ?? STS, now)
}

const INVALID = {
  code: 'InvalidClientTokenId',
  status: 403,
  message: 'The security token included in the request is invalid',
}
/** On the wire `InvalidAccessKeyId`. */
const INVALID_ON_S3 = { ...INVALID, message: 'The AWS Access Key Id you provided does not exist in our records.' }
const EXPIRED = { code: 'ExpiredToken', status: 403, message: 'The security token included in the request is expired' }

async function refusal(answer: Promise<unknown>) {
  const error = await answer.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof AwsError)) throw new Error(`It was not refused: ${error}`)
  return { code: error.code, status: error.status, message: error.message }
}

describe('who calls', () => {
  it('is a user, by a long-term key', async () => {
    expect(await authenticate()).toMatchObject({
      caller: {
        kind: 'user',
        accountId: ACCOUNT,
        arn: `arn:aws:iam::${ACCOUNT}:user/team/Alice`,
        userId: 'AIDAALICE',
        uniqueId: 'AIDAALICE',
        userName: 'Alice',
        accessKeyId: 'AKIAALICE',
        session: undefined,
      },
      region: 'eu-west-1',
      service: 'sts',
    })
  })

  it('is a role session, by its token in a header or in a link', async () => {
    for (const isLink of [false, true])
      expect((await authenticate({ signer: tokenOf(ROLE_SESSION), isLink })).caller).toEqual({
        kind: 'assumed-role',
        accountId: ACCOUNT,
        arn: `arn:aws:sts::${ACCOUNT}:assumed-role/reader/pod-1`,
        userId: 'AROAREADER:pod-1',
        accessKeyId: 'ASIASESSION',
        roleName: 'reader',
        roleArn: `arn:aws:iam::${ACCOUNT}:role/apps/reader`,
        roleId: 'AROAREADER',
        sessionName: 'pod-1',
        session: {
          issuedAt: ROLE_SESSION.issuedAt,
          expiresAt: ROLE_SESSION.expiresAt,
          policies: [],
          tags: ROLE_SESSION.tags,
          sourceIdentity: 'alice',
          federatedProvider: undefined,
          federatedContext: {},
          isChained: false,
        },
      })
  })

  it('is a user with a session', async () => {
    expect((await authenticate({ signer: tokenOf(USER_SESSION) })).caller).toMatchObject({
      kind: 'user',
      arn: `arn:aws:iam::${ACCOUNT}:user/team/Alice`,
      accessKeyId: 'ASIASESSION',
      session: { issuedAt: NOW },
    })
  })

  it('is nobody where nothing is signed', async () => {
    const unsigned: HttpRequest = { ...request(), headers: { host: 'h' } }
    const { caller, region } = await authenticator.authenticate(unsigned, STS, NOW)
    expect(caller).toEqual({ kind: 'anonymous' })
    expect(region).toBeUndefined()
    expect(await authenticator.authenticate(unsigned, S3, NOW)).toMatchObject({ caller: { kind: 'anonymous' } })
  })
})

describe('how a request was signed', () => {
  it('is told with the caller, for condition keys', async () => {
    const { signature } = await authenticate({ service: S3 })
    expect(signature).toEqual({
      place: 'header',
      signedAt: NOW,
      contentSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    const link = { service: S3, isLink: true }
    expect((await authenticate(link, NOW + 30_000)).signature).toEqual({
      place: 'query',
      signedAt: NOW,
      contentSha256: undefined,
    })
  })

  it('is nothing where it was not', async () => {
    const unsigned: HttpRequest = { ...request(), headers: { host: 'h' } }
    expect((await authenticator.authenticate(unsigned, S3, NOW)).signature).toBe(undefined)
  })
})

describe('an access key', () => {
  it('that is unknown is refused', async () => {
    const signer = { accessKeyId: 'AKIANOBODY' }
    expect(await refusal(authenticate({ signer }))).toEqual(INVALID)
    expect(await refusal(authenticate({ signer, service: EKS }))).toEqual(INVALID)
    expect(await refusal(authenticate({ signer, service: S3 }))).toEqual(INVALID_ON_S3)
  })

  it('that is inactive is refused, until it is active again', async () => {
    const setStatus = (status: 'Active' | 'Inactive') =>
      store.write(async (writes) => {
        await writes.updateTable('access_keys').set({ status }).where('access_key_id', '=', 'AKIAALICE').execute()
        writes.changed('access-key/AKIAALICE')
      })
    await authenticate()
    await setStatus('Inactive')
    expect(await refusal(authenticate())).toEqual(INVALID)
    expect(await refusal(authenticate({ service: S3 }))).toEqual(INVALID_ON_S3)
    await setStatus('Active')
    await authenticate()
  })

  it('works at once after it was made, although it was asked for before', async () => {
    const signer = { accessKeyId: 'AKIANEW', secretAccessKey: 'new' }
    expect(await refusal(authenticate({ signer }))).toEqual(INVALID)
    await addKey('AKIANEW', 'new')
    await authenticate({ signer })
  })

  it('ends with its deletion, and with its user', async () => {
    await addKey('AKIASECOND', 'second')
    const signer = { accessKeyId: 'AKIASECOND', secretAccessKey: 'second' }
    await authenticate({ signer })
    await remove('access_keys', 'AKIASECOND')
    expect(await refusal(authenticate({ signer }))).toEqual(INVALID)
    await authenticate()
    await remove('users', 'AIDAALICE')
    expect(await refusal(authenticate())).toEqual(INVALID)
  })

  it('that is made again with another secret no longer works with the old one', async () => {
    await authenticate()
    await remove('access_keys', 'AKIAALICE')
    await addKey('AKIAALICE', 'another')
    expect(await refusal(authenticate())).toMatchObject({ code: 'SignatureDoesNotMatch' })
    await authenticate({ signer: { secretAccessKey: 'another' } })
  })

  it('follows its user to another name', async () => {
    await authenticate()
    await store.write(async (writes) => {
      await writes.updateTable('users').set({ user_name: 'Alicia' }).where('user_id', '=', 'AIDAALICE').execute()
      writes.changed('user/AIDAALICE')
    })
    expect((await authenticate()).caller).toMatchObject({ arn: `arn:aws:iam::${ACCOUNT}:user/team/Alicia` })
  })

  it('is refused together with a session token', async () => {
    const { sessionToken } = tokenOf(ROLE_SESSION)
    for (const token of [sessionToken, 'anything'])
      expect(await refusal(authenticate({ signer: { sessionToken: token } }))).toEqual(INVALID)
  })
})

describe('a session', () => {
  it('is refused without its token', async () => {
    expect(await refusal(authenticate({ signer: SESSION_KEY }))).toEqual(INVALID)
    expect(await refusal(authenticate({ signer: SESSION_KEY, service: S3 }))).toEqual(INVALID_ON_S3)
  })

  it('is refused with a token that is not ours', async () => {
    const signer = tokenOf(ROLE_SESSION)
    for (const sessionToken of ['IQoJb3JpZ2luX2VjEHg=', `${signer.sessionToken}x`, `x${signer.sessionToken}`])
      expect(await refusal(authenticate({ signer: { ...signer, sessionToken } }))).toEqual(INVALID)
    expect(await refusal(authenticate({ signer: { ...signer, sessionToken: 'x' }, service: S3 }))).toEqual(
      INVALID_ON_S3,
    )
  })

  it('is refused with the token of another session', async () => {
    const other = tokenOf({ ...ROLE_SESSION, accessKeyId: 'ASIAOTHER' })
    const signer = { ...SESSION_KEY, sessionToken: other.sessionToken }
    expect(await refusal(authenticate({ signer }))).toEqual(INVALID)
  })

  it('is refused with another secret', async () => {
    const signer = { ...tokenOf(ROLE_SESSION), secretAccessKey: 'guess' }
    expect(await refusal(authenticate({ signer }))).toMatchObject({ code: 'SignatureDoesNotMatch', status: 403 })
  })

  it('ends at its expiry', async () => {
    const session = { ...ROLE_SESSION, expiresAt: NOW + 1000 }
    const signer = tokenOf(session)
    await authenticate({ signer }, NOW + 999)
    expect(await refusal(authenticate({ signer }, NOW + 1000))).toEqual(EXPIRED)
    expect(await refusal(authenticate({ signer, service: S3 }, NOW + 1000))).toEqual({
      ...EXPIRED,
      message: 'The provided token has expired.',
    })
  })

  it('ends with its role, also where one of the same name is made again', async () => {
    const signer = tokenOf(ROLE_SESSION)
    await authenticate({ signer })
    await remove('roles', 'AROAREADER')
    expect(await refusal(authenticate({ signer }))).toEqual(INVALID)
    await addRole('AROAAGAIN', 'reader')
    expect(await refusal(authenticate({ signer }))).toEqual(INVALID)
  })

  it('ends with its user', async () => {
    const signer = tokenOf(USER_SESSION)
    await authenticate({ signer })
    await remove('users', 'AIDAALICE')
    expect(await refusal(authenticate({ signer }))).toEqual(INVALID)
  })

  it('does not reach a role or user of another account', async () => {
    for (const session of [ROLE_SESSION, USER_SESSION]) {
      const signer = tokenOf({ ...session, accountId: '999988887777' })
      expect(await refusal(authenticate({ signer }))).toEqual(INVALID)
    }
  })
})

describe('a signature', () => {
  it('is refused for another secret, body, header or service', async () => {
    const good = request({ body: 'Action=GetCallerIdentity', headers: { 'content-type': 'text/plain' } })
    await authenticator.authenticate(good, STS, NOW)
    const others: HttpRequest[] = [
      request({ signer: { secretAccessKey: 'guess' } }),
      { ...good, body: { kind: 'bytes', bytes: Buffer.from('Action=GetSessionToken') } },
      { ...good, headers: { ...good.headers, 'content-type': 'text/html' } },
      { ...good, headers: { ...good.headers, 'x-amz-target': 'x' } },
      request({ signer: { service: 'iam' } }),
    ]
    for (const other of others)
      expect(await refusal(authenticator.authenticate(other, STS, NOW))).toMatchObject({
        code: 'SignatureDoesNotMatch',
        status: 403,
      })
  })

  it('is refused where the clock is off by more than 15 minutes', async () => {
    for (const now of [NOW - 15 * MINUTE, NOW + 15 * MINUTE]) await authenticate({}, now)
    for (const now of [NOW - 15 * MINUTE - 1, NOW + 15 * MINUTE + 1]) {
      expect(await refusal(authenticate({}, now))).toMatchObject({ code: 'SignatureDoesNotMatch', status: 403 })
      expect(await refusal(authenticate({ service: S3 }, now))).toMatchObject({
        code: 'RequestTimeTooSkewed',
        status: 403,
      })
    }
  })

  it('may be made for any signing name of a service', async () => {
    const service = { ...STS, signingNames: ['other', 'sts'] }
    await authenticate({ service })
  })

  it('that cannot be read is refused', async () => {
    const unreadable = { ...request(), headers: { host: 'h', authorization: 'AWS4-HMAC-SHA256 nonsense' } }
    expect(await refusal(authenticator.authenticate(unreadable, STS, NOW))).toMatchObject({
      code: 'IncompleteSignature',
      status: 403,
    })
  })

  it('never stands in a refusal, nor does a token or a secret', async () => {
    const signer = tokenOf(ROLE_SESSION)
    const sent: Sent[] = [
      { signer: { ...signer, secretAccessKey: 'guess' } },
      { signer: { ...signer, accessKeyId: 'ASIAX' } },
    ]
    for (const each of sent) {
      const { message } = await refusal(authenticate(each))
      const { authorization = '' } = request(each).headers
      for (const secret of [signer.sessionToken ?? '', authorization.slice(-64), 'guess', SESSION_KEY.secretAccessKey])
        expect(message).not.toContain(secret)
    }
  })
})

describe('an S3 body', () => {
  const streaming = (sent: HttpRequest, text: string): HttpRequest => ({
    ...sent,
    body: {
      kind: 'stream',
      stream: (async function* () {
        yield Buffer.from(text)
      })(),
    },
  })
  async function read({ body }: HttpRequest): Promise<string> {
    if (body.kind === 'bytes') return Buffer.from(body.bytes).toString()
    let text = ''
    for await (const bytes of body.stream) text += Buffer.from(bytes).toString()
    return text
  }

  it('arrives as it was sent', async () => {
    const sent = request({ service: S3, body: 'content' })
    expect(await read((await authenticator.authenticate(sent, S3, NOW)).request)).toBe('content')
    expect(await read((await authenticator.authenticate(streaming(sent, 'content'), S3, NOW)).request)).toBe('content')
  })

  it('that was changed is refused, a whole one before anything is done, a stream at its end', async () => {
    const sent = request({ service: S3, body: 'content' })
    const changed: HttpRequest = { ...sent, body: { kind: 'bytes', bytes: Buffer.from('other') } }
    const mismatch = { code: 'XAmzContentSHA256Mismatch', status: 400 }
    expect(await refusal(authenticator.authenticate(changed, S3, NOW))).toMatchObject(mismatch)
    const { request: verified } = await authenticator.authenticate(streaming(sent, 'other'), S3, NOW)
    expect(await refusal(read(verified))).toMatchObject(mismatch)
  })

  it('is not looked at before the signature is verified', async () => {
    const sent = request({ service: S3, signer: { secretAccessKey: 'guess' } })
    const unread: HttpRequest = {
      ...sent,
      body: {
        kind: 'stream',
        stream: {
          [Symbol.asyncIterator]: () => {
            throw new Error('read')
          },
        },
      },
    }
    expect(await refusal(authenticator.authenticate(unread, S3, NOW))).toMatchObject({ code: 'SignatureDoesNotMatch' })
  })
})

describe('what is kept', () => {
  it('is read once', async () => {
    const first = await credentials.findAccessKey('AKIAALICE')
    expect(await credentials.findAccessKey('AKIAALICE')).toBe(first)
    const token = tokenOf(ROLE_SESSION).sessionToken ?? ''
    expect(credentials.openSession(token)).toBe(credentials.openSession(token))
    expect(credentials.openSession(token)).not.toHaveProperty('secretAccessKey')
  })

  it('is let go when the key ring changes', async () => {
    const token = tokenOf(ROLE_SESSION).sessionToken ?? ''
    const opened = credentials.openSession(token)
    await keyRing.rotate('session')
    expect(credentials.openSession(token)).toEqual(opened)
    expect(credentials.openSession(token)).not.toBe(opened)
  })

  it('does not hide a store that fails', async () => {
    await store.close()
    await expect(credentials.findAccessKey('AKIAOTHER')).rejects.toThrow()
    await expect(credentials.findUser('AIDAOTHER')).rejects.toThrow()
    store = await openSqliteStore({ path: ':memory:', clock: () => NOW })
  })
})
