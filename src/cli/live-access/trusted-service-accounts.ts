import type { Statement } from '../../policy/document/document.ts'
import { parsePolicy } from '../../policy/document/parse.ts'
import { compileGlob, globMatches, globTokens } from '../../policy/match/glob.ts'

const WEB_IDENTITY_ACTION = 'sts:assumerolewithwebidentity'
/** Operators that name subjects; what others do with them is for the policy engine. */
const NAMING_OPERATORS = ['StringEquals', 'StringLike', 'ForAnyValue:StringEquals', 'ForAnyValue:StringLike']
const SERVICE_ACCOUNT = 'system:serviceaccount:'

/**
 * The service accounts that a trust policy speaks of, for showing: `NAMESPACE:NAME@ISSUER`, patterns as written. Whether each is really let in,
 * `openirsa can` says.
 */
export function trustedServiceAccounts(trustPolicy: string): readonly string[] {
  const { document } = parsePolicy(trustPolicy)
  const statements = document?.statements.filter(isAboutWebIdentities) ?? []
  return [...new Set(statements.flatMap(subjectsOf))]
}

function isAboutWebIdentities({ effect, action }: Statement): boolean {
  if (effect?.value !== 'Allow' || !action || action.negated) return false
  return action.values.some(({ value }) =>
    globMatches(compileGlob(globTokens(value.toLowerCase())), WEB_IDENTITY_ACTION),
  )
}

function subjectsOf({ condition }: Statement): readonly string[] {
  return condition
    .filter(({ operator, key }) => NAMING_OPERATORS.includes(operator.value) && key.value.endsWith(':sub'))
    .flatMap(({ key, values }) => {
      const issuer = key.value.slice(0, -':sub'.length)
      return values.map(({ value }) => {
        const name = value.startsWith(SERVICE_ACCOUNT) ? value.slice(SERVICE_ACCOUNT.length) : value
        return `${name}@${issuer}`
      })
    })
}
