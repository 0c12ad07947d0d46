import type { AssumeRoleWithWebIdentityRequest, AssumeRoleWithWebIdentityResponse } from '@aws-sdk/client-sts'
import type { PresentedToken } from '../../access/authorize.ts'
import type { Present } from '../../access/present.ts'
import { parseRoleArn, type RoleRecord } from '../../access/records/role-records.ts'
import { AwsError } from '../../aws/aws-error.ts'
import { ACCESS_DENIED, VALIDATION_ERROR } from '../../aws/error-codes.ts'
import type { WebIdentity } from '../../oidc/web-identity.ts'
import type { StsDependencies, StsOperation } from './dependencies.ts'
import { startRoleSession, trustOf } from './role-session.ts'
import { tagContext } from './session-tags.ts'
import { type IdentityClaims, identityClaims } from './web-identity-claims.ts'

const ASSUME = 'sts:AssumeRoleWithWebIdentity'

/**
 * The operation that every pod calls. Unsigned: the token is verified first, before any role is looked at, and then the role's
 * trust policy alone decides.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 */
export const assumeRoleWithWebIdentity: StsOperation<
  AssumeRoleWithWebIdentityRequest,
  AssumeRoleWithWebIdentityResponse
> = {
  name: 'AssumeRoleWithWebIdentity',
  requires: {
    kind: 'unsigned',
    reason: 'the web identity token proves who calls, and the trust policy of the role decides, in the handler',
  },
  async handle(call, dependencies) {
    const { input, now } = call
    const named = parseRoleArn(input.RoleArn)
    if (named === undefined) throw new AwsError(VALIDATION_ERROR, 'Request ARN is invalid')
    if (input.ProviderId !== undefined) throw legacyProvider()
    // Files of tokens often end with a line break (`kubectl create token … > file`), and clients send the file as it is.
    const token = input.WebIdentityToken.trimEnd()
    const identity = await dependencies.verifyWebIdentity(token, named.accountId, now)
    const claims = identityClaims(identity)
    const role = await dependencies.roles.findByArn(input.RoleArn)
    const trusted = judgeTrust(input, identity, claims, role, named.accountId, dependencies)
    const request = {
      ...input,
      tags: claims.tags,
      transitiveTagKeys: claims.transitiveTagKeys,
      sourceIdentity: claims.sourceIdentity,
      caller: undefined,
      federatedProvider: identity.providerArn,
      federatedContext: identity.conditionKeys,
    }
    return {
      ...(await startRoleSession(trusted, request, dependencies, now)),
      SubjectFromWebIdentityToken: identity.subject,
      Provider: identity.providerArn,
      Audience: identity.audience,
    }
  },
}

/** @throws AwsError `AccessDenied`, the same for a role that does not exist and one that does not trust the identity */
function judgeTrust(
  input: Present<AssumeRoleWithWebIdentityRequest>,
  identity: WebIdentity,
  claims: IdentityClaims,
  role: RoleRecord | undefined,
  accountId: string,
  dependencies: StsDependencies,
): RoleRecord {
  const actions = [ASSUME]
  if (claims.tags.length > 0) actions.push('sts:TagSession')
  if (claims.sourceIdentity !== undefined) actions.push('sts:SetSourceIdentity')
  const context = {
    ...identity.conditionKeys,
    'sts:RoleSessionName': input.RoleSessionName,
    'sts:DurationSeconds': input.DurationSeconds?.toString(),
    'sts:SourceIdentity': claims.sourceIdentity,
    ...tagContext(claims.tags, claims.transitiveTagKeys),
  }
  const principal = { type: 'federated', provider: identity.providerArn, accountId } as const
  const question = { resource: input.RoleArn, resourceAccount: accountId, context, resourcePolicy: trustOf(role) }
  const token = presentedToken(identity)
  const refused = actions.find((action) => !dependencies.isAllowedFor(principal, { ...question, action }, token))
  if (refused === undefined && role !== undefined) return role
  throw new AwsError(ACCESS_DENIED, `Not authorized to perform ${refused ?? ASSUME}`)
}

function presentedToken({ issuer, subject, audience, expiresAt, claims }: WebIdentity): PresentedToken {
  return { issuer, subject, audience, expiresAt, pod: podOf(claims['kubernetes.io']) }
}

/**
 * The pod that a projected token is bound to.
 * @see https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#bound-service-account-tokens
 */
function podOf(claim: unknown): string | undefined {
  const { namespace, pod } = (claim ?? {}) as {
    readonly namespace?: unknown
    readonly pod?: { readonly name?: unknown }
  }
  return typeof namespace === 'string' && typeof pod?.name === 'string' ? `${namespace}/${pod.name}` : undefined
}

/** `ProviderId` names an OAuth 2.0 provider (Login with Amazon, Facebook) whose access tokens are not JWTs. */
function legacyProvider(): AwsError {
  return new AwsError(
    VALIDATION_ERROR,
    'ProviderId is only for OAuth 2.0 access tokens of www.amazon.com and graph.facebook.com, which are not supported. Leave it out for an OpenID Connect ID token.',
  )
}
