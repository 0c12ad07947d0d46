import type { PolicyType, ValidatePolicyRequest, ValidatePolicyResponse } from '@aws-sdk/client-accessanalyzer'
import type { Present } from '../../access/present.ts'
import { pageToken, placeOfPageToken } from '../../access/records/page-token.ts'
import {
  type Finding,
  LINT_RESOURCE_TYPES,
  type LintOptions,
  type LintPolicyType,
  lintPolicy,
} from '../../policy/index.ts'
import { type AccessAnalyzerOperation, onEverything } from './dependencies.ts'
import { validationFailed } from './errors.ts'

/** Findings. Not documented; a page of them is far below the size of an answer. */
const PAGE_DEFAULT = 100
const PAGE_MAX = 1_000

const TYPES: Readonly<Record<PolicyType, LintPolicyType>> = {
  IDENTITY_POLICY: 'identity',
  RESOURCE_POLICY: 'resource',
  SERVICE_CONTROL_POLICY: 'scp',
  RESOURCE_CONTROL_POLICY: 'rcp',
}

const ROLE_TRUST = 'AWS::IAM::AssumeRolePolicyDocument'

/**
 * Answers what is wrong, unsafe or better written otherwise in a policy. Texts are English whatever the locale.
 * A page is found anew from the document, which a client sends with every token.
 */
export const validatePolicy: AccessAnalyzerOperation<ValidatePolicyRequest, ValidatePolicyResponse> = {
  name: 'ValidatePolicy',
  requires: onEverything('ValidatePolicy'),
  async handle({ input }, { serviceAuthorization }) {
    const limit = pageSize(input.maxResults)
    const from = placeOf(input.nextToken)
    const findings = lintPolicy(input.policyDocument, { ...kindOf(input), authorization: serviceAuthorization })
    const end = from + limit
    return {
      findings: findings.slice(from, end).map(answerOf),
      ...(end < findings.length && { nextToken: pageToken('ValidatePolicy', String(end)) }),
    }
  },
}

function kindOf({ policyType, validatePolicyResourceType }: Present<ValidatePolicyRequest>): LintOptions {
  const type = TYPES[policyType]
  if (validatePolicyResourceType === undefined) return { type }
  if (type !== 'resource') {
    throw validationFailed(
      'validatePolicyResourceType',
      'validatePolicyResourceType can be specified only if policyType is RESOURCE_POLICY.',
    )
  }
  if (validatePolicyResourceType === ROLE_TRUST) return { type: 'trust' }
  return { type, resourceType: LINT_RESOURCE_TYPES.find((known) => known === validatePolicyResourceType) }
}

function pageSize(maxResults: number | undefined): number {
  if (maxResults !== undefined && maxResults < 1) throw validationFailed('maxResults', 'maxResults must be at least 1.')
  return Math.min(maxResults ?? PAGE_DEFAULT, PAGE_MAX)
}

function placeOf(token: string | undefined): number {
  if (token === undefined) return 0
  const place = placeOfPageToken('ValidatePolicy', token)
  if (place === undefined || !/^\d{1,7}$/.test(place)) throw validationFailed('nextToken', 'Invalid nextToken.')
  return Number(place)
}

/** The SDK's types are not readonly; the values are the lint's own. */
function answerOf({ locations, ...finding }: Finding): NonNullable<ValidatePolicyResponse['findings']>[number] {
  return { ...finding, locations: locations.map(({ path, span }) => ({ path: [...path] as never, span })) }
}
