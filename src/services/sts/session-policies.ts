import { deflateRawSync } from 'node:zlib'
import type { PolicyDescriptorType } from '@aws-sdk/client-sts'
import type { PrincipalPolicySource } from '../../access/policies/principal-policies.ts'
import { parseArn } from '../../aws/arn.ts'
import { AwsError } from '../../aws/aws-error.ts'
import type { SessionPolicy, SessionTag } from '../../aws/caller.ts'
import { MALFORMED_POLICY_DOCUMENT, VALIDATION_ERROR } from '../../aws/error-codes.ts'
import { validatePolicy } from '../../policy/index.ts'

const PACKED_POLICY_TOO_LARGE = { code: 'PackedPolicyTooLarge', status: 400 }

/** "The plain text that you use for both inline and managed session policies can't exceed 2,048 characters" (API reference). */
const PLAIN_CHARACTERS_MAX = 2_048
/**
 * Bytes that policies, policy ARNs and tags may take when packed. AWS publishes neither its packing nor the limit, only the
 * share used; here packing is raw deflate, and the limit leaves the token well below common header limits (8 KiB).
 */
const PACKED_BYTES_MAX = 2_048

interface PolicyMembers {
  readonly Policy?: string | undefined
  readonly PolicyArns?: readonly PolicyDescriptorType[] | undefined
}

/**
 * Checks the session policies of a request.
 *
 * @param accountId  of the role: "the policies must exist in the same account as the role" (API reference), or be AWS's own
 * @throws AwsError `MalformedPolicyDocument`, `ValidationError`, `PackedPolicyTooLarge`
 */
export async function sessionPolicies(
  input: PolicyMembers,
  accountId: string,
  policies: PrincipalPolicySource,
): Promise<SessionPolicy[]> {
  refuseLongText(input)
  const chosen: SessionPolicy[] = []
  for (const { arn = '' } of input.PolicyArns ?? []) {
    if (!isWithinReach(arn, accountId) || (await policies.managedPolicy(arn)) === undefined) {
      throw new AwsError(VALIDATION_ERROR, `Policy ${arn} does not exist or is not attachable.`)
    }
    chosen.push({ kind: 'managed', policyArn: arn })
  }
  if (input.Policy !== undefined) chosen.push(inlinePolicy(input.Policy))
  return chosen
}

function refuseLongText({ Policy = '', PolicyArns = [] }: PolicyMembers): void {
  const characters = PolicyArns.reduce((sum, { arn = '' }) => sum + arn.length, Policy.length)
  if (characters > PLAIN_CHARACTERS_MAX) throw tooLarge('policy', characters, PLAIN_CHARACTERS_MAX)
}

/** A policy of another account answers as one that does not exist. */
function isWithinReach(policyArn: string, accountId: string): boolean {
  const owner = parseArn(policyArn)?.accountId
  return owner === accountId || owner === 'aws'
}

function inlinePolicy(document: string): SessionPolicy {
  const problem = validatePolicy(document, 'session')
  if (problem !== undefined) throw new AwsError(MALFORMED_POLICY_DOCUMENT, problem.message)
  return { kind: 'inline', document }
}

/**
 * The share of the space for session policies and tags that a request takes, in percent; undefined where it carries neither.
 * @throws AwsError `PackedPolicyTooLarge` above 100
 */
export function packedPolicySize(policies: readonly SessionPolicy[], tags: readonly SessionTag[]): number | undefined {
  if (policies.length === 0 && tags.length === 0) return undefined
  const packed = deflateRawSync(JSON.stringify([policies, tags.map(({ key, value }) => [key, value])])).length
  if (packed > PACKED_BYTES_MAX) {
    throw tooLarge(policies.length > 0 ? 'policy' : 'size of session tags', packed, PACKED_BYTES_MAX)
  }
  return percentOf(packed, PACKED_BYTES_MAX)
}

/** As threads quote AWS: "Packed policy consumes 132% of allotted space, please use smaller policy.", "Packed size of session tags consumes 160% of allotted space." */
function tooLarge(what: 'policy' | 'size of session tags', size: number, max: number): AwsError {
  const advice = what === 'policy' ? ', please use smaller policy.' : '.'
  const share = percentOf(size, max)
  return new AwsError(PACKED_POLICY_TOO_LARGE, `Packed ${what} consumes ${share}% of allotted space${advice}`)
}

function percentOf(size: number, max: number): number {
  return Math.ceil((100 * size) / max)
}
