import { resourceTagKeys } from '../../../access/context/tag-keys.ts'
import type { RequirementContext, Requires } from '../../../access/operation.ts'
import { type FoundResource, onResource } from '../requirements.ts'
import { readTags, tagMap } from '../tag/tags.ts'
import { parseCaller } from './simulation-input.ts'
import { findSource } from './source-policies.ts'

interface SourceInput {
  readonly PolicySourceArn: string
}

/** What an operation on the policies of a principal needs: its action on the principal, with the principal's tags. */
export function onSource<Input extends SourceInput>(action: string): Requires<Input> {
  return onResource<Input>(action, find)
}

async function find({ PolicySourceArn: arn }: SourceInput, { reads }: RequirementContext): Promise<FoundResource> {
  const source = parseCaller(arn)
  // Who may not ask shall not learn from the error whether it exists.
  const principal = await findSource(reads, source).catch(() => undefined)
  const tags = principal === undefined ? [] : await readTags(reads, principal)
  const tagKeys = resourceTagKeys(tagMap(tags), 'iam:ResourceTag', 'aws:ResourceTag')
  return { arn, tagKeys, resourceAccount: source.accountId }
}
