import { AwsError } from '../aws/aws-error.ts'
import { EXPIRED_TOKEN_EXCEPTION, INVALID_IDENTITY_TOKEN } from '../aws/error-codes.ts'
import { conditionKeysOf } from './condition-keys.ts'
import { ISSUER_URL_CHARACTERS_MAX } from './issuer-url.ts'
import type { JsonObject } from './json-object.ts'
import type { KeySource } from './key-source.ts'
import { isSignedBy } from './signature-algorithm.ts'
import { parseToken, type Token } from './token.ts'
import type { VerifiedTokens } from './verified-tokens.ts'
import type { WebIdentity, WebIdentityProvider } from './web-identity.ts'

export interface VerifyLookups {
  /** The provider that the role's account registered for the `iss` of a token, undefined where there is none. */
  findProvider(issuerUrl: string): Promise<WebIdentityProvider | undefined> | WebIdentityProvider | undefined
  readonly keys: KeySource
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Signatures found good before; without it every signature is checked. */
  readonly verified?: VerifiedTokens
}

/**
 * "IAM provides a five-minute window beyond the expiration time specified in the JWT to account for clock skew." For `nbf`
 * and `iat` AWS documents nothing; the same window counts for them, because it is the same skew.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc.html
 */
export const CLOCK_SKEW_SECONDS = 300

/** Of an `iss`: what can be registered, and a `:443` that is left out there. */
const ISSUER_CHARACTERS_MAX = ISSUER_URL_CHARACTERS_MAX + ':443'.length

/**
 * Verifies a web identity token, before any role is looked at: form, issuer, key, signature, times, audience, in this order.
 *
 * @throws AwsError `InvalidIdentityToken`, `ExpiredTokenException`, `IDPCommunicationError` (keys out of reach; clients retry)
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 */
export async function verifyWebIdentityToken(compact: string, lookups: VerifyLookups): Promise<WebIdentity> {
  const remembered = lookups.verified?.find(compact)
  const token = remembered?.token ?? parseToken(compact)
  const issuer = requiredText(token.claims, 'iss')
  // A longer one cannot be registered, and must not be kept in a cache of what is not there: anybody can send it, unsigned.
  const isPossible = issuer.length <= ISSUER_CHARACTERS_MAX
  const provider = isPossible ? await lookups.findProvider(issuer) : undefined
  if (provider === undefined) {
    throw invalidToken(
      `No OpenIDConnect provider found in your account for ${issuer.slice(0, ISSUER_URL_CHARACTERS_MAX)}`,
    )
  }
  const key = await lookups.keys.find(provider, token, lookups.now)
  if (key === undefined) throw verificationKeyMissing()
  if (remembered?.key !== key) {
    if (!isSignedBy(token.algorithm, key.key, token.signingInput, token.signature)) throw signatureInvalid(key.keyId)
    if (remembered?.digest !== undefined) lookups.verified?.remember(remembered.digest, token, key)
  }
  const times = judgeTimes(token.claims, lookups.now)
  const audiences = judgeAudience(token.claims, provider)
  return describe(token, issuer, provider, audiences, times)
}

function describe(
  { claims }: Token,
  issuer: string,
  provider: WebIdentityProvider,
  audiences: readonly [string, ...string[]],
  times: Pick<WebIdentity, 'expiresAt' | 'issuedAt'>,
): WebIdentity {
  return {
    issuer,
    providerArn: provider.providerArn,
    subject: requiredText(claims, 'sub'),
    audience: audiences[0],
    claims,
    conditionKeys: conditionKeysOf(provider.url, claims, audiences),
    ...times,
  }
}

function judgeTimes(claims: JsonObject, now: number): Pick<WebIdentity, 'expiresAt' | 'issuedAt'> {
  const seconds = Math.floor(now / 1000)
  const expires = optionalSeconds(claims, 'exp')
  if (expires === undefined) throw missingClaim('exp')
  if (now >= (expires + CLOCK_SKEW_SECONDS) * 1000) {
    throw new AwsError(
      EXPIRED_TOKEN_EXCEPTION,
      `Token expired: current date/time ${seconds} must be before the expiration date/time ${Math.floor(expires)}`,
    )
  }
  const issued = optionalSeconds(claims, 'iat')
  for (const begins of [optionalSeconds(claims, 'nbf'), issued]) {
    if (begins !== undefined && now < (begins - CLOCK_SKEW_SECONDS) * 1000) {
      throw invalidToken(`Token is not yet valid: current date/time ${seconds} is before ${Math.ceil(begins)}`)
    }
  }
  return { expiresAt: expires * 1000, issuedAt: issued === undefined ? undefined : issued * 1000 }
}

/** Returns what the provider accepts of the token's audiences; `azp`, where there is one, stands for them all. */
function judgeAudience(claims: JsonObject, provider: WebIdentityProvider): readonly [string, ...string[]] {
  const named = claims.azp === undefined ? audienceClaim(claims) : [requiredText(claims, 'azp')]
  const [first, ...others] = named.filter((audience) => provider.clientIds.includes(audience))
  if (first === undefined) throw invalidToken('Incorrect token audience')
  return [first, ...others]
}

function audienceClaim({ aud }: JsonObject): readonly string[] {
  if (typeof aud === 'string' && aud !== '') return [aud]
  if (Array.isArray(aud) && aud.length > 0 && aud.every((entry) => typeof entry === 'string')) return aud
  throw missingClaim('aud')
}

function requiredText(claims: JsonObject, name: string): string {
  const claim = claims[name]
  if (typeof claim !== 'string' || claim === '') throw missingClaim(name)
  return claim
}

function optionalSeconds(claims: JsonObject, name: string): number | undefined {
  const claim = claims[name]
  if (claim === undefined) return undefined
  if (typeof claim !== 'number' || !Number.isFinite(claim)) throw invalidToken(`Invalid claim: ${name}`)
  return claim
}

/** Text as seen in aws/aws-sdk-ruby#2698 and aws-actions/configure-aws-credentials#502. */
function missingClaim(name: string): AwsError {
  return invalidToken(`Missing a required claim: ${name}`)
}

/** Text with its two spaces as seen in aws/aws-cli#7194. */
function verificationKeyMissing(): AwsError {
  return invalidToken(
    "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
  )
}

/** AWS's text for this is not recorded. */
function signatureInvalid(keyId: string): AwsError {
  return new AwsError(INVALID_IDENTITY_TOKEN, 'The signature of the web identity token is not valid.', {
    cause: new Error(`The token is not signed by the issuer's key ${JSON.stringify(keyId)}`),
  })
}

function invalidToken(message: string): AwsError {
  return new AwsError(INVALID_IDENTITY_TOKEN, message)
}
