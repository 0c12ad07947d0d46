import type { ConditionBlock, Statement } from '../document/document.ts'
import { readOperatorName } from '../match/condition-operator.ts'
import { firstProblem, type PolicyProblem, problem } from './policy-problem.ts'

/**
 * OIDC issuers that many tenants share, with the context key that tells them apart.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html
 */
const TENANT_KEYS: Readonly<Record<string, string>> = {
  'token.actions.githubusercontent.com': 'token.actions.githubusercontent.com:sub',
  'vstoken.actions.githubusercontent.com': 'vstoken.actions.githubusercontent.com:sub',
  'oidc-configuration.audit-log.githubusercontent.com': 'oidc-configuration.audit-log.githubusercontent.com:sub',
  'gitlab.com': 'gitlab.com:sub',
  'agent.buildkite.com': 'agent.buildkite.com:sub',
  'app.terraform.io': 'app.terraform.io:sub',
  'oidc.codefresh.io': 'oidc.codefresh.io:sub',
  'studio.datachain.ai/api': 'studio.datachain.ai/api:sub',
  'scalr.io': 'scalr.io:sub',
  'tokens.cloud.shisho.dev': 'tokens.cloud.shisho.dev:sub',
  'proidc.upbound.io': 'proidc.upbound.io:sub',
  'api.pulumi.com/oidc': 'api.pulumi.com/oidc:aud',
  'sandboxes.cloud': 'sandboxes.cloud:aud',
  'oidc.vercel.com': 'oidc.vercel.com:aud',
  'sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d': 'sts:RoleSessionName',
}

const COGNITO = 'cognito-identity.amazonaws.com'
const PROVIDER_RESOURCE = ':oidc-provider/'

/** An Allow for a shared issuer has to say which tenant it means; otherwise every tenant of the issuer could assume the role. */
export function validateSharedIssuer(statement: Statement): PolicyProblem | undefined {
  if (statement.effect?.value !== 'Allow') return undefined
  const federated = statement.principal?.entries.filter(({ type }) => type === 'Federated') ?? []
  return firstProblem(federated, (entry) => {
    if (entry.value === COGNITO) {
      return scopes(statement, `${COGNITO}:aud`)
        ? undefined
        : problem('A condition block must be present for the Cognito provider', entry)
    }
    const at = entry.value.indexOf(PROVIDER_RESOURCE)
    const issuer = at < 0 ? '' : entry.value.slice(at + PROVIDER_RESOURCE.length)
    const key = Object.hasOwn(TENANT_KEYS, issuer.toLowerCase()) ? TENANT_KEYS[issuer.toLowerCase()] : undefined
    if (key === undefined || scopes(statement, key)) return undefined
    return problem(
      `The trust policy trusts shared OpenID Connect provider "${issuer}" without a Condition scoping "${key}" to your own tenant.`,
      entry,
    )
  })
}

function scopes({ condition }: Statement, key: string): boolean {
  return condition.some((block) => block.key.value.toLowerCase() === key.toLowerCase() && narrows(block))
}

const NARROWING = ['StringEquals', 'StringEqualsIgnoreCase', 'StringLike']

/** A positive comparison that an absent key fails, no value of which lets everything through. */
function narrows({ operator, values }: ConditionBlock): boolean {
  const name = readOperatorName(operator.value)
  if (name?.kind !== 'value' || !NARROWING.includes(name.name)) return false
  if (name.ifExists || name.quantifier === 'ForAllValues') return false
  return values.length > 0 && values.every(({ value }) => /[^*?]/.test(value))
}
