import { describe, expect, it } from 'vitest'
import type { CallSource } from '../authorized-call.ts'
import { type ContextFacts, requestContext } from './request-context.ts'

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5)

function contextOf(source: Partial<CallSource>, facts: Partial<ContextFacts> = {}) {
  return requestContext({
    caller: { kind: 'anonymous' },
    action: 's3:GetObject',
    federatedProvider: undefined,
    principalTags: new Map(),
    region: 'us-east-1',
    source: { address: '192.0.2.1', userAgent: undefined, isSecure: true, ...source },
    now: NOW,
    resourceAccount: '444455556666',
    extra: {},
    ...facts,
  })
}

describe('the keys of every action of S3', () => {
  it('tell how a request was signed in its headers', () => {
    const signature = { place: 'header', signedAt: NOW - 1000, contentSha256: 'UNSIGNED-PAYLOAD' } as const
    const context = contextOf({ signature, tlsVersion: '1.3' })
    expect(context.get('s3:authtype')).toBe('REST-HEADER')
    expect(context.get('s3:signatureversion')).toBe('AWS4-HMAC-SHA256')
    expect(context.get('s3:x-amz-content-sha256')).toBe('UNSIGNED-PAYLOAD')
    expect(context.get('s3:signatureage')).toBe(undefined)
    expect(context.get('s3:tlsversion')).toBe('1.3')
    expect(context.get('s3:resourceaccount')).toBe('444455556666')
  })

  it('tell the age of a presigned request, which is never negative', () => {
    const signedAt = (at: number) =>
      ({ signature: { place: 'query', signedAt: at, contentSha256: undefined } }) as const
    expect(contextOf(signedAt(NOW - 600_000)).get('s3:signatureage')).toBe('600000')
    expect(contextOf(signedAt(NOW + 5000)).get('s3:signatureage')).toBe('0')
    expect(contextOf(signedAt(NOW)).get('s3:authtype')).toBe('REST-QUERY-STRING')
    expect(contextOf(signedAt(NOW)).get('s3:x-amz-content-sha256')).toBe(undefined)
  })

  it('are absent where nothing was signed, and in the actions of other services', () => {
    for (const key of ['s3:authtype', 's3:signatureversion', 's3:signatureage', 's3:x-amz-content-sha256']) {
      expect(contextOf({}).get(key)).toBe(undefined)
    }
    const signature = { place: 'header', signedAt: NOW, contentSha256: undefined } as const
    expect(contextOf({ signature }, { action: 'iam:GetRole' }).get('s3:authtype')).toBe(undefined)
    expect(contextOf({}, { action: 'iam:GetRole' }).get('s3:resourceaccount')).toBe(undefined)
  })

  it('are not for the operation to set', () => {
    const context = contextOf({}, { extra: { 's3:ResourceAccount': '111122223333', 's3:prefix': 'home/' } })
    expect(context.get('s3:resourceaccount')).toBe('444455556666')
    expect(context.get('s3:prefix')).toBe('home/')
  })
})
