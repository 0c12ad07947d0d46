import type { JsonObject } from './json-object.ts'

/** An OIDC provider as it is registered in an account: what STS needs of it. */
export interface WebIdentityProvider {
  readonly providerArn: string
  readonly accountId: string
  /** As `storedIssuerUrl` gives it: no `https://`, no `:443`. */
  readonly url: string
  /** Audiences that it accepts; an empty list accepts none. */
  readonly clientIds: readonly string[]
  /** SHA-1 of certificates, 40 hex digits; used where the issuer's certificate is not publicly trusted. */
  readonly thumbprints: readonly string[]
}

/** Who a verified token speaks for. */
export interface WebIdentity {
  /** `iss` as the token has it. */
  readonly issuer: string
  readonly providerArn: string
  /** `sub`; `SubjectFromWebIdentityToken`. */
  readonly subject: string
  /** The audience that the provider accepts; `Audience` of the answer. */
  readonly audience: string
  readonly claims: JsonObject
  /** Condition keys by name: `<issuer without scheme>:sub`, `:aud`, `:amr` and the other plain claims. */
  readonly conditionKeys: Readonly<Record<string, string | readonly string[]>>
  /** Milliseconds since the epoch; `exp` itself, without leeway. */
  readonly expiresAt: number
  /** Milliseconds since the epoch; undefined where the token does not say. */
  readonly issuedAt: number | undefined
}
