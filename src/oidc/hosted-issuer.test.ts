import { createHash, createPublicKey, type JsonWebKeyInput } from 'node:crypto'
import { calculateJwkThumbprint, createLocalJWKSet, importJWK, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import {
  discoveryDocument,
  generateSigningKey,
  hostedIssuerUrl,
  jwksDocument,
  mintServiceAccountToken,
  newHostedIssuerId,
  readSigningKey,
} from './hosted-issuer.ts'

const NOW = Date.UTC(2026, 8, 1, 12)

describe('a hosted issuer', () => {
  it('has the id and URL of its place', () => {
    const id = newHostedIssuerId()
    expect(id).toMatch(/^[0-9A-F]{32}$/)
    expect(hostedIssuerUrl(id, { publicUrl: undefined, region: 'eu-west-1' })).toBe(
      `https://oidc.eu-west-1.openirsa.internal/id/${id}`,
    )
    expect(hostedIssuerUrl(id, { publicUrl: 'https://irsa.example.org/', region: 'x' })).toBe(
      `https://irsa.example.org/id/${id}`,
    )
  })

  it('names its keys as Kubernetes does', async () => {
    const key = await generateSigningKey()
    const publicKey = createPublicKey({ key: key.publicJwk, format: 'jwk' } as unknown as JsonWebKeyInput)
    const spki = publicKey.export({ type: 'spki', format: 'der' })
    expect(key.keyId).toBe(createHash('sha256').update(spki).digest('base64url'))
    expect(key.publicJwk).toEqual({
      use: 'sig',
      kty: 'RSA',
      kid: key.keyId,
      alg: 'RS256',
      n: key.publicJwk.n,
      e: 'AQAB',
    })
    expect(await calculateJwkThumbprint(key.publicJwk)).toBeDefined()
    expect(await importJWK(key.publicJwk)).toBeDefined()
    expect(publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048)
  })

  it('mints what another library verifies against its published keys, with the claims of kube-apiserver', async () => {
    const key = await generateSigningKey()
    const older = await generateSigningKey()
    const issuerUrl = 'https://irsa.example.org/id/ABC'
    const minted = mintServiceAccountToken({
      issuerUrl,
      key: readSigningKey(key.keyId, key.privateKeyPem),
      namespace: 'my-namespace',
      serviceAccount: 'my-service-account',
      audiences: ['sts.amazonaws.com'],
      durationSeconds: 3600,
      now: NOW + 999,
    })
    const jwks = createLocalJWKSet(
      JSON.parse(jwksDocument([older, key].map(({ publicJwk }) => JSON.stringify(publicJwk)))),
    )
    const { payload, protectedHeader } = await jwtVerify(minted.token, jwks, { currentDate: new Date(NOW + 1000) })
    expect(protectedHeader).toEqual({ alg: 'RS256', kid: key.keyId })
    expect(payload).toEqual({
      aud: ['sts.amazonaws.com'],
      exp: NOW / 1000 + 3600,
      iat: NOW / 1000,
      iss: issuerUrl,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      'kubernetes.io': {
        namespace: 'my-namespace',
        serviceaccount: {
          name: 'my-service-account',
          uid: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab]/),
        },
      },
      nbf: NOW / 1000,
      sub: 'system:serviceaccount:my-namespace:my-service-account',
    })
    expect(minted.expiresAt).toBe(NOW + 3_600_000)
  })

  it('publishes the discovery document that every Kubernetes issuer publishes', () => {
    expect(discoveryDocument('https://irsa.example.org/id/ABC')).toMatchObject({
      issuer: 'https://irsa.example.org/id/ABC',
      jwks_uri: 'https://irsa.example.org/id/ABC/keys',
      id_token_signing_alg_values_supported: ['RS256'],
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
    })
  })
})
