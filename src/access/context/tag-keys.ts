import type { ConditionKeys } from '../operation.ts'

export type TagMap = Readonly<Record<string, string>>

/** `aws:RequestTag/…` and `aws:TagKeys` of tags that a request sets; a request that sets none has neither. */
export function requestTagKeys(tags: TagMap | undefined): ConditionKeys {
  const entries = Object.entries(tags ?? {})
  return {
    ...Object.fromEntries(entries.map(([key, value]) => [`aws:RequestTag/${key}`, value])),
    ...namedTagKeys(entries.map(([key]) => key)),
  }
}

/** `aws:TagKeys` of a request that names tags, to remove them. */
export function namedTagKeys(keys: readonly string[]): ConditionKeys {
  return keys.length === 0 ? {} : { 'aws:TagKeys': keys }
}

/** The tags of a resource under one prefix or several: `aws:ResourceTag`, `iam:ResourceTag`. */
export function resourceTagKeys(tags: TagMap, ...prefixes: readonly string[]): ConditionKeys {
  return Object.fromEntries(
    prefixes.flatMap((prefix) => Object.entries(tags).map(([key, value]) => [`${prefix}/${key}`, value])),
  )
}

/** Keys that only AWS may write. @see https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html */
export function isReservedTagKey(key: string): boolean {
  return key.toLowerCase().startsWith('aws:')
}
