import { AwsError } from '../aws/aws-error.ts'
import { INVALID_IDENTITY_TOKEN } from '../aws/error-codes.ts'
import { conditionKeyPrefixes } from './issuer-url.ts'
import type { JsonObject } from './json-object.ts'

/** Names of claims that can be part of a condition key; a colon would make two keys look alike. */
const CLAIM_NAME = /^[A-Za-z0-9_.-]{1,64}$/

/** Keys that are made of what was judged, whatever claim has their name. */
const JUDGED_KEYS: ReadonlySet<string> = new Set(['aud', 'oaud'])

/**
 * In front of a condition key, a name without dot, port and path is a service's (`aws:PrincipalOrgID`, `iam:PermissionsBoundary`).
 * An issuer that is called like one would write its keys with its claims, so such an issuer gives none.
 */
const SERVICE_PREFIX = /^(?!localhost$)[A-Za-z0-9-]+$/

/** Whether an issuer of this URL (as it is stored) is called like a service, and so can give no condition keys. */
export function isCalledLikeService(storedUrl: string): boolean {
  return conditionKeyPrefixes(storedUrl).every((prefix) => SERVICE_PREFIX.test(prefix))
}

/**
 * Returns the condition keys of a token: its plain top-level claims under the issuer's name. AWS gives `aud`, `sub`,
 * `amr`, `oaud`, `email` (and, for issuers it knows, some more); here every issuer's plain claims are given.
 *
 * @param audiences  values of `:aud`: `azp` where the token has one, else what the provider accepts of `aud`
 * @throws AwsError `InvalidIdentityToken` where two claims would be the same key, for keys compare without case
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
 */
export function conditionKeysOf(
  storedUrl: string,
  claims: JsonObject,
  audiences: readonly string[],
): Readonly<Record<string, string | readonly string[]>> {
  const values: [string, string | readonly string[]][] = []
  const names = new Set<string>()
  for (const [name, claim] of Object.entries(claims)) {
    const value = CLAIM_NAME.test(name) ? plainValue(claim) : undefined
    if (value === undefined) continue
    const key = name.toLowerCase()
    if (names.has(key)) throw ambiguousClaim(name)
    names.add(key)
    if (!JUDGED_KEYS.has(key)) values.push([name, value])
  }
  const [only] = audiences
  values.push(['aud', audiences.length === 1 && only !== undefined ? only : audiences])
  // Where azp has taken the place of aud, AWS keeps the original audience under `oaud`.
  const original = typeof claims.azp === 'string' ? plainValue(claims.aud) : undefined
  if (original !== undefined) values.push(['oaud', original])
  return Object.fromEntries(
    conditionKeyPrefixes(storedUrl)
      .filter((prefix) => !SERVICE_PREFIX.test(prefix))
      .flatMap((prefix) => values.map(([name, value]) => [`${prefix}:${name}`, value])),
  )
}

function ambiguousClaim(name: string): AwsError {
  return new AwsError(INVALID_IDENTITY_TOKEN, `The ID Token provided has the claim ${name} in two spellings.`)
}

function plainValue(claim: unknown): string | readonly string[] | undefined {
  if (typeof claim === 'string') return claim
  if (typeof claim === 'number' || typeof claim === 'boolean') return String(claim)
  if (Array.isArray(claim) && claim.every((entry) => typeof entry === 'string')) return claim
  return undefined
}
