import { parseArn } from '../../aws/arn.ts'

/** A principal as one word, as people write it, read into what request documents have. */
export interface WrittenPrincipal {
  readonly principal: Readonly<Record<string, string>>
  /** Condition keys that such a caller brings. */
  readonly context: Readonly<Record<string, string>>
}

const SERVICE_ACCOUNT = /^system:serviceaccount:([^:@]+):([^:@]+)@(.+)$/
const SERVICE = /^[\w.-]+\.amazonaws\.com(?:\.cn)?$/
/** Audience of the tokens that pods use at STS. */
const STS_AUDIENCE = 'sts.amazonaws.com'

/** What can be written, for messages. */
export const PRINCIPAL_FORMS =
  'the ARN of a user, role, session or account root, the ARN of an identity provider, a service such as ec2.amazonaws.com, "*" for anybody, or system:serviceaccount:NAMESPACE:NAME@ISSUER (a URL, or the ARN of its provider)'

/**
 * @param accountId  that has the issuer's provider, for a service account
 * @returns undefined where the text is none of `PRINCIPAL_FORMS`
 */
export function parsePrincipalText(text: string, accountId: string): WrittenPrincipal | undefined {
  if (text === '*') return { principal: { type: 'anonymous' }, context: {} }
  if (SERVICE.test(text)) return { principal: { type: 'service', service: text }, context: {} }
  const [, namespace, name, issuer] = SERVICE_ACCOUNT.exec(text) ?? []
  if (issuer !== undefined) return serviceAccount(`system:serviceaccount:${namespace}:${name}`, issuer, accountId)
  const arn = parseArn(text)
  const type = arn && principalType(arn.service, arn.resource)
  if (type === undefined) return undefined
  return { principal: type === 'federated' ? { type, provider: text } : { type, arn: text }, context: {} }
}

const ARN_TYPES: readonly (readonly [service: string, start: RegExp, type: string])[] = [
  ['iam', /^user\/./, 'user'],
  ['iam', /^role\/./, 'role'],
  ['iam', /^root$/, 'root'],
  ['iam', /^(?:oidc|saml)-provider\/./, 'federated'],
  ['sts', /^assumed-role\/./, 'assumed-role'],
  ['sts', /^federated-user\/./, 'federated-user'],
]

function principalType(service: string, resource: string): string | undefined {
  return ARN_TYPES.find(([ofService, start]) => ofService === service && start.test(resource))?.[2]
}

function serviceAccount(subject: string, issuer: string, accountId: string): WrittenPrincipal {
  const host = issuer.replace(/^https:\/\/|^arn:[^/]*:oidc-provider\//, '')
  const provider = issuer.startsWith('arn:') ? issuer : `arn:aws:iam::${accountId}:oidc-provider/${host}`
  return {
    principal: { type: 'federated', provider },
    context: { 'aws:FederatedProvider': provider, [`${host}:sub`]: subject, [`${host}:aud`]: STS_AUDIENCE },
  }
}
