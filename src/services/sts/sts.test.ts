import { beforeEach, describe, expect, test } from 'vitest'
import { sealAuthorizationMessage } from '../../access/denials/authorization-message.ts'
import {
  ACCOUNT,
  allow,
  deny,
  NOW,
  OTHER_ACCOUNT,
  PLAIN_SESSION,
  policy,
  sessionOf,
  userCaller,
} from '../../access/testing/access-fixture.ts'
import { newAccessKeyId } from '../../aws/access-key-id.ts'
import { decodeAuthorizationMessage } from './authorization-message.ts'
import { getAccessKeyInfo, getCallerIdentity } from './caller-identity.ts'
import { getSessionToken } from './get-session-token.ts'
import { roleSessionSeconds } from './session-duration.ts'
import { openSts, refusalOf, type StsFixture } from './testing/sts-fixture.ts'

const ANN = userCaller('ann')

let sts: StsFixture

beforeEach(async () => {
  sts = await openSts()
})

describe('GetCallerIdentity', () => {
  test('answers who calls, even to who may do nothing', async () => {
    await sts.addUser({ name: 'ann', policy: policy(deny('*')) })
    expect(await sts.call(getCallerIdentity, {}, ANN)).toEqual({
      ...{ UserId: ANN.uniqueId, Account: ACCOUNT, Arn: ANN.arn },
    })
    expect(await sts.call(getCallerIdentity, {}, sessionOf('app'))).toEqual({
      ...{ UserId: `AROA${ACCOUNT}APP:pod`, Account: ACCOUNT, Arn: `arn:aws:sts::${ACCOUNT}:assumed-role/app/pod` },
    })
  })

  test('refuses who did not sign', async () => {
    expect(await refusalOf(sts.call(getCallerIdentity, {}, { kind: 'anonymous' }))).toBe(
      'MissingAuthenticationToken 403: Request is missing Authentication Token',
    )
  })
})

describe('GetAccessKeyInfo', () => {
  const info = (AccessKeyId: string) => sts.call(getAccessKeyInfo, { AccessKeyId }, ANN)

  test('reads the account in a key id, whether the key exists or not', async () => {
    await sts.addUser({ name: 'ann', policy: policy(allow('sts:GetAccessKeyInfo')) })
    expect(await info(newAccessKeyId('long-term', OTHER_ACCOUNT))).toEqual({ Account: OTHER_ACCOUNT })
    expect(await info(newAccessKeyId('temporary', ACCOUNT))).toEqual({ Account: ACCOUNT })
  })

  test('knows the account of a key that the operator named', async () => {
    await sts.addUser({ name: 'ann', policy: policy(allow('sts:GetAccessKeyInfo')) })
    const row = { access_key_id: 'MY_OWN_KEY_OF_MINE', account_id: ACCOUNT, user_id: ANN.uniqueId, sealed_secret: 'x' }
    await sts.store.write((writes) =>
      writes
        .insertInto('access_keys')
        .values({ ...row, status: 'Active', created_at: NOW })
        .execute(),
    )
    expect(await info('MY_OWN_KEY_OF_MINE')).toEqual({ Account: ACCOUNT })
    expect(await refusalOf(info('MY_OWN_KEY_OF_YOURS'))).toMatch('AccessDenied 403: Invalid Access Key ID')
  })

  test('needs its permission', async () => {
    expect(await refusalOf(info(newAccessKeyId('temporary', ACCOUNT)))).toMatch('because no identity-based policy')
  })
})

describe('DecodeAuthorizationMessage', () => {
  const DENIAL = {
    principal: { type: 'anonymous' },
    requirement: { action: 'iam:GetRole', resource: '*' },
    decision: { decision: 'implicitDeny', layer: 'identity', matchedStatements: [] },
  } as const
  const decode = (EncodedMessage: string) => sts.call(decodeAuthorizationMessage, { EncodedMessage }, ANN)

  test('opens messages of its account only', async () => {
    await sts.addUser({ name: 'ann', policy: policy(allow('sts:DecodeAuthorizationMessage')) })
    const own = sealAuthorizationMessage(sts.keyRing, ANN, DENIAL, ACCOUNT) ?? ''
    const { DecodedMessage } = await decode(own)
    expect(JSON.parse(DecodedMessage ?? '')).toMatchObject({ allowed: false, context: { action: 'iam:GetRole' } })
    const theirs = sealAuthorizationMessage(sts.keyRing, ANN, DENIAL, OTHER_ACCOUNT) ?? ''
    for (const message of [theirs, own.slice(1), 'x']) {
      expect(await refusalOf(decode(message))).toBe('InvalidAuthorizationMessageException 400: Message is not valid')
    }
  })

  test('needs its permission', async () => {
    expect(await refusalOf(decode('x'))).toMatch('AccessDenied 403')
  })
})

describe('GetSessionToken', () => {
  test('gives the user a session of 12 hours, or as asked, that is bound by the user alone', async () => {
    const { Credentials } = await sts.call(getSessionToken, {}, ANN)
    const start = Math.floor(NOW / 1000) * 1000
    expect(Credentials?.Expiration).toEqual(new Date(start + 43_200_000))
    expect(sts.open(Credentials?.SessionToken)).toMatchObject({
      ...{ kind: 'user', userId: ANN.uniqueId, userName: 'ann', accountId: ACCOUNT, policies: [], tags: [] },
      ...{ issuedAt: start, accessKeyId: Credentials?.AccessKeyId, secretAccessKey: Credentials?.SecretAccessKey },
    })
    const short = await sts.call(getSessionToken, { DurationSeconds: 900 }, ANN)
    expect(short.Credentials?.Expiration).toEqual(new Date(start + 900_000))
  })

  test('is for long-term credentials of users', async () => {
    for (const caller of [sessionOf('app'), { ...ANN, session: PLAIN_SESSION }]) {
      expect(await refusalOf(sts.call(getSessionToken, {}, caller))).toBe(
        'AccessDenied 403: Cannot call GetSessionToken with session credentials',
      )
    }
  })

  test('gives nobody a session that claims MFA', async () => {
    const input = { SerialNumber: `arn:aws:iam::${ACCOUNT}:mfa/ann`, TokenCode: '123456' }
    expect(await refusalOf(sts.call(getSessionToken, input, ANN))).toMatch('MultiFactorAuthentication failed')
  })
})

test.each([
  // requested, maximum of the role, chained: seconds given
  [undefined, 3_600, false, 3_600],
  [undefined, 43_200, true, 3_600],
  [900, 3_600, false, 900],
  [3_600, 3_600, true, 3_600],
  [43_200, 43_200, false, 43_200],
])('a session of %s seconds under a maximum of %s (chained: %s) lasts %s', (requested, max, isChained, seconds) => {
  expect(roleSessionSeconds(requested, max, isChained)).toBe(seconds)
})

test.each([
  [3_601, 3_600, false],
  [43_200, 43_199, false],
  [3_601, 43_200, true],
])('a session of %s seconds under a maximum of %s (chained: %s) is refused', (requested, max, isChained) => {
  expect(() => roleSessionSeconds(requested, max, isChained)).toThrow('The requested DurationSeconds exceeds')
})
