import type { AssumeRoleWithWebIdentityRequest, AssumeRoleWithWebIdentityResponse } from '@aws-sdk/client-sts'
import type { Operation } from '../../access/operation.ts'
import { parseRoleArn, type RoleRecord } from '../../access/role-records.ts'
import { AwsError } from '../../aws/aws-error.ts'
import { ACCESS_DENIED, VALIDATION_ERROR } from '../../aws/error-codes.ts'
import type { WebIdentity } from '../../oidc/web-identity.ts'
import type { StsDependencies } from './dependencies.ts'
import { assumedRoleUser, trustOf } from './role-session.ts'
import { issueCredentials, packedPolicySize, roleSessionSeconds, sessionPolicies } from './session-grant.ts'
import { sessionTags, tagContext } from './session-tags.ts'
import { identityClaims } from './web-identity-claims.ts'

/**
 * The operation that every pod calls. Unsigned: the token is verified first, before any role is looked at, and then the role's
 * trust policy alone decides.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 */
export const assumeRoleWithWebIdentity: Operation<
  AssumeRoleWithWebIdentityRequest,
  AssumeRoleWithWebIdentityResponse,
  StsDependencies
> = {
  name: 'AssumeRoleWithWebIdentity',
  requires: {
    kind: 'unsigned',
    reason: 'the web identity token proves who calls, and the trust policy of the role decides, in the handler',
  },
  async handle(call, dependencies) {
    const { input, now } = call
    const named = parseRoleArn(input.RoleArn ?? '')
    if (named === undefined) throw new AwsError(VALIDATION_ERROR, 'Request ARN is invalid')
    if (input.ProviderId !== undefined) throw legacyProvider()
    const identity = await dependencies.verifyWebIdentity(input.WebIdentityToken ?? '', named.accountId, now)
    const claims = identityClaims(identity)
    const role = await dependencies.roles.findByArn(input.RoleArn ?? '')
    const trusted = judgeTrust(input, identity, claims, role, named.accountId, dependencies)
    const durationSeconds = roleSessionSeconds(input.DurationSeconds, trusted.maxSessionDurationSeconds, false)
    const tags = sessionTags(claims.tags, claims.transitiveTagKeys, undefined)
    const policies = await sessionPolicies(input, dependencies.policies)
    const size = packedPolicySize(policies, tags)
    const sessionName = input.RoleSessionName ?? ''
    const grant = {
      kind: 'assumed-role',
      accountId: trusted.accountId,
      roleId: trusted.roleId,
      roleName: trusted.roleName,
      sessionName,
      policies,
      tags,
      sourceIdentity: claims.sourceIdentity,
      federatedProvider: identity.providerArn,
      federatedContext: identity.conditionKeys,
      isChained: false,
    } as const
    return {
      Credentials: issueCredentials(dependencies.keyRing, grant, trusted.accountId, now, durationSeconds),
      SubjectFromWebIdentityToken: identity.subject,
      AssumedRoleUser: assumedRoleUser(trusted, sessionName),
      PackedPolicySize: size,
      Provider: identity.providerArn,
      Audience: identity.audience,
      SourceIdentity: claims.sourceIdentity,
    }
  },
}

/** @throws AwsError `AccessDenied`, the same for a role that does not exist and one that does not trust the identity */
function judgeTrust(
  input: AssumeRoleWithWebIdentityRequest,
  identity: WebIdentity,
  claims: ReturnType<typeof identityClaims>,
  role: RoleRecord | undefined,
  accountId: string,
  dependencies: StsDependencies,
): RoleRecord {
  const actions = ['sts:AssumeRoleWithWebIdentity']
  if (claims.tags.length > 0) actions.push('sts:TagSession')
  if (claims.sourceIdentity !== undefined) actions.push('sts:SetSourceIdentity')
  const context = {
    ...identity.conditionKeys,
    'aws:FederatedProvider': identity.providerArn,
    'sts:RoleSessionName': input.RoleSessionName ?? '',
    ...(input.DurationSeconds === undefined ? {} : { 'sts:DurationSeconds': String(input.DurationSeconds) }),
    ...(claims.sourceIdentity === undefined ? {} : { 'sts:SourceIdentity': claims.sourceIdentity }),
    ...tagContext(claims.tags, claims.transitiveTagKeys),
  }
  for (const action of actions) {
    const isAllowed = dependencies.isAllowedFor(
      { type: 'federated', provider: identity.providerArn, accountId },
      { action, resource: input.RoleArn ?? '', resourceAccount: accountId, context, resourcePolicy: trustOf(role) },
    )
    if (!isAllowed || role === undefined) throw new AwsError(ACCESS_DENIED, `Not authorized to perform ${action}`)
  }
  if (role === undefined) throw new AwsError(ACCESS_DENIED, 'Not authorized to perform sts:AssumeRoleWithWebIdentity')
  return role
}

/** `ProviderId` names an OAuth 2.0 provider (Login with Amazon, Facebook) whose access tokens are not JWTs. */
function legacyProvider(): AwsError {
  return new AwsError(
    VALIDATION_ERROR,
    'ProviderId is only for OAuth 2.0 access tokens of www.amazon.com and graph.facebook.com, which are not supported. Leave it out for an OpenID Connect ID token.',
  )
}
