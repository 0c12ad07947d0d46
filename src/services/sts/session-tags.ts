import type { Tag } from '@aws-sdk/client-sts'
import { AwsError } from '../../aws/aws-error.ts'
import type { Caller, SessionTag } from '../../aws/caller.ts'
import { INVALID_PARAMETER_VALUE } from '../../aws/error-codes.ts'

/**
 * The tags of a new session: those of the request and the transitive ones that it inherits.
 * The texts of the refusals are recorded from AWS.
 *
 * @throws AwsError `InvalidParameterValue`
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
 */
export function sessionTags(
  requested: readonly Tag[],
  transitiveKeys: readonly string[],
  caller: Caller | undefined,
): SessionTag[] {
  const transitive = new Set(transitiveKeys.map((key) => key.toLowerCase()))
  const byKey = new Map<string, SessionTag>()
  for (const { Key: key = '', Value: value = '' } of requested) {
    if (byKey.has(key.toLowerCase())) {
      throw refusal('Duplicate tag keys found. Please note that Tag keys are case insensitive.')
    }
    byKey.set(key.toLowerCase(), { key, value, isTransitive: transitive.has(key.toLowerCase()) })
  }
  for (const key of transitive) {
    if (!byKey.has(key)) throw refusal('The specified transitive tag key must be included in the requested tags.')
  }
  for (const tag of inheritedTags(caller)) {
    const own = byKey.get(tag.key.toLowerCase())
    if (own !== undefined) {
      throw refusal(
        "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
      )
    }
    byKey.set(tag.key.toLowerCase(), tag)
  }
  return Array.from(byKey.values())
}

function inheritedTags(caller: Caller | undefined): readonly SessionTag[] {
  if (caller === undefined || caller.kind === 'anonymous' || caller.session === undefined) return []
  return caller.session.tags.filter((tag) => tag.isTransitive)
}

/** Condition keys of a request that carries tags. */
export function tagContext(tags: readonly Tag[], transitiveKeys: readonly string[]): Record<string, string | string[]> {
  if (tags.length === 0) return {}
  const context: Record<string, string | string[]> = { 'aws:TagKeys': tags.map((tag) => tag.Key ?? '') }
  for (const tag of tags) context[`aws:RequestTag/${tag.Key}`] = tag.Value ?? ''
  if (transitiveKeys.length > 0) context['sts:TransitiveTagKeys'] = [...transitiveKeys]
  return context
}

function refusal(message: string): AwsError {
  return new AwsError(INVALID_PARAMETER_VALUE, message)
}
