import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type KeyRing, openKeyRing } from '../../store/key-ring.ts'
import { openSqliteStore } from '../../store/sqlite.ts'
import type { Store } from '../../store/store.ts'
import { openSession, SESSION_TOKEN_CHARACTERS_MAX, type SessionRecord, sealSession } from './session-token.ts'

const SESSION: SessionRecord = {
  kind: 'assumed-role',
  accountId: '111122223333',
  roleId: 'AROAEXAMPLE',
  roleName: 'my-role',
  sessionName: 'my-session',
  accessKeyId: 'ASIAEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  issuedAt: 1_700_000_000_000,
  expiresAt: 1_700_003_600_000,
  policies: [
    { kind: 'managed', policyArn: 'arn:aws:iam::aws:policy/ReadOnlyAccess' },
    { kind: 'inline', document: '{"Version":"2012-10-17","Statement":[]}' },
  ],
  tags: [
    { key: 'team', value: 'blau & grün', isTransitive: true },
    { key: 'cost', value: '', isTransitive: false },
  ],
  sourceIdentity: 'alice',
  federatedProvider: 'arn:aws:iam::111122223333:oidc-provider/example.test',
  federatedContext: { 'example.test:sub': 'system:serviceaccount:a:b', 'example.test:aud': ['x', 'y'] },
  isChained: true,
}
const BARE = {
  kind: 'user',
  accountId: '111122223333',
  userId: 'AIDAEXAMPLE',
  userName: 'alice',
  accessKeyId: 'ASIAEXAMPLE',
  secretAccessKey: 's',
  issuedAt: 1,
  expiresAt: 2,
  policies: [],
  tags: [],
  sourceIdentity: undefined,
  federatedProvider: undefined,
  federatedContext: {},
  isChained: false,
} as const satisfies SessionRecord

let store: Store
let keyRing: KeyRing

beforeAll(async () => {
  store = await openSqliteStore({ path: ':memory:', clock: Date.now })
  keyRing = await openKeyRing(store, randomBytes(32), Date.now)
})
afterAll(() => store.close())

describe('a session token', () => {
  it('gives the session back', () => {
    expect(openSession(keyRing, sealSession(keyRing, SESSION))).toEqual(SESSION)
    expect(openSession(keyRing, sealSession(keyRing, BARE))).toEqual(BARE)
  })

  it('gives back whatever texts a session has, long ones too', () => {
    const texts = fc.array(fc.string({ unit: 'grapheme', maxLength: 300 }), { minLength: 4, maxLength: 8 })
    fc.assert(
      fc.property(texts, (documents) => {
        const [sessionName = '', value = '', claim = '', ...others] = documents
        const session: SessionRecord = {
          ...SESSION,
          sessionName,
          policies: others.map((document) => ({ kind: 'inline', document })),
          tags: [{ key: 'k', value, isTransitive: false }],
          federatedContext: { 'p:sub': claim },
        }
        expect(openSession(keyRing, sealSession(keyRing, session))).toEqual(session)
      }),
      { numRuns: 50 },
    )
  })

  it('shows nothing of the session, and is another one each time', () => {
    const token = sealSession(keyRing, SESSION)
    const decoded = Buffer.from(token.slice(token.indexOf('.') + 1), 'base64url').toString('latin1')
    for (const text of ['my-role', 'AROAEXAMPLE', SESSION.secretAccessKey, 'alice'])
      expect(token + decoded).not.toContain(text)
    expect(sealSession(keyRing, SESSION)).not.toBe(token)
  })

  it('needs no escaping in a header or a link', () => {
    expect(sealSession(keyRing, SESSION)).toMatch(/^[A-Za-z0-9._~-]+$/)
  })

  it('says the same of the secret by its length, whatever else is deflated', () => {
    const document = `{"a":"${SESSION.secretAccessKey.repeat(60)}"}`
    const other = SESSION.secretAccessKey.replaceAll('E', 'x')
    const lengths = [SESSION.secretAccessKey, other].map((secretAccessKey) => {
      const policies = [{ kind: 'inline', document }] as const
      return sealSession(keyRing, { ...SESSION, secretAccessKey, policies }).length
    })
    expect(lengths[0]).toBe(lengths[1])
  })

  it('does not open where one character is another', () => {
    const token = sealSession(keyRing, BARE)
    // The last character also carries bits that mean nothing.
    for (let at = 0; at < token.length - 1; at++) {
      const changed = token.slice(0, at) + (token[at] === 'a' ? 'b' : 'a') + token.slice(at + 1)
      expect(openSession(keyRing, changed)).toBeUndefined()
    }
  })

  it('does not open with the keys of another installation', async () => {
    const other = await openSqliteStore({ path: ':memory:', clock: Date.now })
    const otherRing = await openKeyRing(other, randomBytes(32), Date.now)
    expect(openSession(otherRing, sealSession(keyRing, SESSION))).toBeUndefined()
    await other.close()
  })

  it('is not any other sealed value', () => {
    const plaintext = Buffer.from([1, 1, 0x73, ...Buffer.from('{"u":["AIDA","admin"],"a":"1","k":"k","i":0,"e":9e15}')])
    expect(openSession(keyRing, keyRing.seal('session', plaintext, 'session-token'))).toBeDefined()
    expect(openSession(keyRing, keyRing.seal('session', plaintext, 'authorization-message'))).toBeUndefined()
    expect(openSession(keyRing, keyRing.seal('column', plaintext, 'session-token'))).toBeUndefined()
  })

  it('of a form that is not known does not open', () => {
    expect(openSession(keyRing, keyRing.seal('session', Buffer.from([3, 0]), 'session-token'))).toBeUndefined()
    expect(openSession(keyRing, keyRing.seal('session', Buffer.from([]), 'session-token'))).toBeUndefined()
  })

  it.each(['', ' ', 'abc', 'a.b', 'x'.repeat(1_000_000), 'IQoJb3JpZ2luX2VjEHg='])('is not just any text', (text) => {
    expect(openSession(keyRing, text)).toBeUndefined()
  })

  it('that is too long is not even tried', () => {
    const tried: string[] = []
    const ring: KeyRing = {
      ...keyRing,
      open(_purpose, sealed) {
        tried.push(sealed)
        return undefined
      },
    }
    openSession(ring, 'x'.repeat(SESSION_TOKEN_CHARACTERS_MAX))
    openSession(ring, 'x'.repeat(SESSION_TOKEN_CHARACTERS_MAX + 1))
    expect(tried.map((text) => text.length)).toEqual([SESSION_TOKEN_CHARACTERS_MAX])
  })

  it('has a limit, and a session that passes it is refused', () => {
    const withPolicy = (bytes: number): SessionRecord => ({
      ...BARE,
      policies: [{ kind: 'inline', document: randomBytes(bytes).toString('base64') }],
    })
    expect(sealSession(keyRing, withPolicy(5_000)).length).toBeLessThanOrEqual(SESSION_TOKEN_CHARACTERS_MAX)
    expect(() => sealSession(keyRing, withPolicy(6_500))).toThrow(
      expect.objectContaining({ code: 'PackedPolicyTooLarge', status: 400 }),
    )
  })
})
