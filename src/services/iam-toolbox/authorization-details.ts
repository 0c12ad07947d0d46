import { type AskedPolicy, explainDenial } from '../../access/denials/denial-explanation.ts'
import type { Operation } from '../../access/operation.ts'
import { AwsError } from '../../aws/aws-error.ts'
import { VALIDATION_ERROR } from '../../aws/error-codes.ts'
import type { Decision, Explanation, MatchedStatement, PolicyLayer } from '../../policy/index.ts'
import type { IamToolboxDependencies } from './dependencies.ts'

export interface GetRequestAuthorizationDetailsInput {
  readonly authorizationId: string
  readonly nextToken?: string
}

export interface GetRequestAuthorizationDetailsOutput {
  readonly requestContext: Readonly<Record<string, unknown>>
  readonly evaluations: readonly Evaluation[]
  readonly policies: readonly PolicyInfo[]
}

interface Evaluation {
  readonly action: string
  readonly resource: string
  readonly evaluatedEffect: 'ALLOW' | 'EXPLICIT_DENY' | 'IMPLICIT_DENY'
  readonly matchedPolicies: readonly {
    readonly uri: string
    readonly matchedStatements: readonly { readonly sid: string; readonly evaluatedEffect: 'ALLOW' | 'DENY' }[]
  }[]
}

interface PolicyInfo {
  readonly type: string
  readonly inline: boolean
  readonly uri: string
  readonly attachedTo: readonly { readonly arn: string }[]
}

const RESOURCE_NOT_FOUND = { code: 'ResourceNotFoundException', status: 404 }

/**
 * Why a request was denied, in AWS's own form. Whoever has the permission may ask for any denial of the account's principals.
 * A denial has one evaluation, so that there is never a next page.
 *
 * @see https://docs.aws.amazon.com/iam-toolbox/latest/APIReference/API_GetRequestAuthorizationDetails.html
 */
export const getRequestAuthorizationDetails: Operation<
  GetRequestAuthorizationDetailsInput,
  GetRequestAuthorizationDetailsOutput,
  IamToolboxDependencies
> = {
  name: 'GetRequestAuthorizationDetails',
  requires: {
    kind: 'allowed',
    requirements: () => [{ action: 'iam:GetRequestAuthorizationDetails', resource: '*' }],
  },
  async handle({ input, accountId }, { denials }) {
    if (input.nextToken !== undefined) throw new AwsError(VALIDATION_ERROR, 'The nextToken is not valid.')
    const denial = await denials.find(accountId, input.authorizationId)
    if (denial === undefined) {
      throw new AwsError(
        RESOURCE_NOT_FOUND,
        'The requested authorization details do not exist in this region or have expired.',
      )
    }
    const { explanation, policies } = explainDenial(denial)
    const { action, resource, context } = denial.record
    const evaluatedEffect = EFFECTS[explanation.decision]
    return {
      requestContext: context,
      evaluations: [{ action, resource, evaluatedEffect, matchedPolicies: matchedPolicies(explanation, policies) }],
      policies: policies.map(policyInfo),
    }
  },
}

const EFFECTS: Readonly<Record<Decision['decision'], Evaluation['evaluatedEffect']>> = {
  allowed: 'ALLOW',
  explicitDeny: 'EXPLICIT_DENY',
  implicitDeny: 'IMPLICIT_DENY',
}

const POLICY_TYPES: Readonly<Record<PolicyLayer, string>> = {
  identity: 'IDENTITY_BASED_POLICY',
  // AWS has no type for trust policies: they are resource-based policies of their roles.
  resource: 'RESOURCE_BASED_POLICY',
  boundary: 'PERMISSIONS_BOUNDARY',
  session: 'SESSION_POLICY',
  'service-control': 'SERVICE_CONTROL_POLICY',
  'resource-control': 'RESOURCE_CONTROL_POLICY',
  endpoint: 'VPC_ENDPOINT_POLICY',
}

function policyInfo(policy: AskedPolicy): PolicyInfo {
  return {
    type: POLICY_TYPES[policy.layer],
    inline: policy.kind !== 'managed',
    uri: uriOf(policy),
    attachedTo: [{ arn: policy.attachedTo }],
  }
}

/** A managed policy's ARN; for others an opaque id that is the same wherever the answer means this policy. */
function uriOf({ kind, source, layer, digest }: AskedPolicy): string {
  return kind === 'managed' ? source : `${layer}/${source}/${digest}`
}

/** The statements that denied; AWS names none for an implicit denial. */
function matchedPolicies({ matchedStatements }: Explanation, policies: readonly AskedPolicy[]) {
  return policies.flatMap((policy) => {
    const matched = matchedStatements.filter(({ layer, source }) => layer === policy.layer && source === policy.source)
    return matched.length === 0 ? [] : [{ uri: uriOf(policy), matchedStatements: matched.map(matchedStatement) }]
  })
}

/** AWS makes up a Sid where there is none. */
function matchedStatement({ sid, index }: MatchedStatement) {
  return { sid: sid ?? `statement-${index + 1}`, evaluatedEffect: 'DENY' as const }
}
