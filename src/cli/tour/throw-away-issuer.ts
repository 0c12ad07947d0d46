import { generateSigningKey, mintServiceAccountToken, readSigningKey } from '../../oidc/hosted-issuer.ts'

/** The issuer of a cluster of somebody else, of which the server knows the public keys only. */
export interface ThrowAwayIssuer {
  readonly issuerUrl: string
  /** JWKS document. */
  readonly jwks: string
  /** @param issuedAt  milliseconds since the epoch */
  mint(account: ServiceAccount, issuedAt: number): string
  /** A token that says the same, signed by another key under this key's id. */
  forge(account: ServiceAccount, issuedAt: number): string
}

export interface ServiceAccount {
  readonly namespace: string
  readonly serviceAccount: string
}

/** One hour, as kube-apiserver gives by default. */
export const TOKEN_LIFETIME_SECONDS = 3600

/** Makes an issuer whose private key lives as long as the tour. */
export async function openThrowAwayIssuer(issuerUrl: string): Promise<ThrowAwayIssuer> {
  const [own, foreign] = await Promise.all([generateSigningKey(), generateSigningKey()])
  const mintWith = (privateKeyPem: string, account: ServiceAccount, issuedAt: number) =>
    mintServiceAccountToken({
      ...account,
      issuerUrl,
      key: readSigningKey(own.keyId, privateKeyPem),
      audiences: ['sts.amazonaws.com'],
      durationSeconds: TOKEN_LIFETIME_SECONDS,
      now: issuedAt,
    }).token
  return {
    issuerUrl,
    jwks: JSON.stringify({ keys: [own.publicJwk] }),
    mint: (account, issuedAt) => mintWith(own.privateKeyPem, account, issuedAt),
    forge: (account, issuedAt) => mintWith(foreign.privateKeyPem, account, issuedAt),
  }
}
