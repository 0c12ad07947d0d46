import type { RequestPrincipal } from '../../policy/request.ts'

/**
 * The condition keys that AWS fills in from who calls, as far as the principal says them.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principal-properties
 */
export function principalContext(principal: RequestPrincipal): Readonly<Record<string, string>> {
  switch (principal.type) {
    case 'root':
      return keys('Account', principal.accountId, `arn:aws:iam::${principal.accountId}:root`, principal.accountId)
    case 'user':
      return {
        ...keys('User', principal.accountId, principal.arn, principal.id),
        'aws:username': lastPart(principal.arn),
      }
    case 'role':
      return keys('AssumedRole', principal.accountId, principal.arn, undefined)
    case 'assumed-role': {
      const userId = principal.id && `${principal.id}:${lastPart(principal.arn)}`
      return keys('AssumedRole', principal.accountId, principal.roleArn, userId)
    }
    case 'federated-user':
      return keys(
        'FederatedUser',
        principal.accountId,
        principal.arn,
        `${principal.accountId}:${lastPart(principal.arn)}`,
      )
    case 'service':
      return { 'aws:PrincipalIsAWSService': 'true', 'aws:PrincipalServiceName': principal.service }
    case 'anonymous':
      return { 'aws:PrincipalType': 'Anonymous', 'aws:PrincipalAccount': 'anonymous', 'aws:userid': 'anonymous' }
    default:
      return {}
  }
}

function keys(type: string, accountId: string, arn: string, userId: string | undefined): Record<string, string> {
  return {
    'aws:PrincipalType': type,
    'aws:PrincipalAccount': accountId,
    'aws:PrincipalArn': arn,
    'aws:PrincipalIsAWSService': 'false',
    ...(userId === undefined ? {} : { 'aws:userid': userId }),
  }
}

function lastPart(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1)
}
