import type { Tag } from '@aws-sdk/client-sts'
import { AwsError } from '../../aws/aws-error.ts'
import { INVALID_IDENTITY_TOKEN } from '../../aws/error-codes.ts'
import type { WebIdentity } from '../../oidc/web-identity.ts'

const TAGS_CLAIM = 'https://aws.amazon.com/tags'
const SOURCE_IDENTITY_CLAIM = 'https://aws.amazon.com/source_identity'
/** Entries and characters of session tags (service model). */
const TAGS_MAX = 50
const TAG_KEY = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u
const TAG_VALUE = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u
const SOURCE_IDENTITY = /^[\w+=,.@-]{2,64}$/

/** What a token asks of its session besides naming the caller. */
export interface IdentityClaims {
  readonly tags: readonly Tag[]
  readonly transitiveTagKeys: readonly string[]
  readonly sourceIdentity: string | undefined
}

/**
 * Reads the claims that AWS defines for session tags and the source identity.
 *
 * @throws AwsError `InvalidIdentityToken` where such a claim is there in another form: a session must never have fewer
 *   restrictions than its token asked for
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_adding-assume-role-idp
 */
export function identityClaims(identity: WebIdentity): IdentityClaims {
  const tags = identity.claims[TAGS_CLAIM]
  const sourceIdentity = identity.claims[SOURCE_IDENTITY_CLAIM]
  if (sourceIdentity !== undefined && !(typeof sourceIdentity === 'string' && SOURCE_IDENTITY.test(sourceIdentity))) {
    throw malformed(SOURCE_IDENTITY_CLAIM)
  }
  if (tags === undefined) return { tags: [], transitiveTagKeys: [], sourceIdentity }
  if (!isRecord(tags) || !isRecord(tags.principal_tags)) throw malformed(TAGS_CLAIM)
  const transitive = tags.transitive_tag_keys ?? []
  if (!Array.isArray(transitive) || !transitive.every((key) => typeof key === 'string')) throw malformed(TAGS_CLAIM)
  return { tags: principalTags(tags.principal_tags), transitiveTagKeys: transitive, sourceIdentity }
}

function principalTags(claim: Record<string, unknown>): Tag[] {
  const entries = Object.entries(claim)
  if (entries.length > TAGS_MAX) throw malformed(TAGS_CLAIM)
  return entries.map(([key, values]) => {
    const value = Array.isArray(values) && values.length === 1 ? values[0] : values
    if (!TAG_KEY.test(key) || typeof value !== 'string' || !TAG_VALUE.test(value)) throw malformed(TAGS_CLAIM)
    return { Key: key, Value: value }
  })
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function malformed(claim: string): AwsError {
  return new AwsError(INVALID_IDENTITY_TOKEN, `The claim ${claim} of the web identity token is malformed`)
}
