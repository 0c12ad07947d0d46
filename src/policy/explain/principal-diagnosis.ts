import { NAMES_PRINCIPALS } from '../evaluate.ts'
import { type Diagnosis, hasWildcard, oneOf } from './diagnosis.ts'
import type { AskedStatement } from './element.ts'
import type { ElementExplanation } from './explanation.ts'
import { isSlip } from './similar.ts'

export function diagnosePrincipal(explained: ElementExplanation, { layer, statement }: AskedStatement): Diagnosis {
  const { element, expected, hits = [], presented } = explained
  if (!NAMES_PRINCIPALS[layer])
    return { hint: 'A policy of this kind must not have a Principal: the statement allows nobody.' }
  if (statement.principal === undefined) return { hint: 'The statement has no Principal, so it allows nobody.' }
  if (element === 'NotPrincipal') {
    return { hint: `NotPrincipal leaves the caller out: ${oneOf(hits.flatMap((place) => expected[place] ?? []))}.` }
  }
  const [caller] = presented
  if (caller === undefined) return { hint: 'The caller is anonymous, and the statement does not name everybody.' }
  for (const find of DIAGNOSES) {
    for (const entry of expected) {
      for (const name of presented) {
        const found = find(entry, name)
        if (found) return found
      }
    }
  }
  return { hint: `${oneOf(expected)} does not name the caller, \`${caller}\`.`, fix: { change: 'add', to: caller } }
}

type Find = (entry: string, name: string) => Diagnosis | undefined

const PROVIDER = ':oidc-provider/'

/** The first that fits tells. Both sides are `Type: value`. */
const DIAGNOSES: readonly Find[] = [
  (entry, name) =>
    entry === name
      ? {
          hint: `\`${entry}\` was deleted and made anew since the policy was saved: it is somebody else now. Save the policy again.`,
        }
      : undefined,
  (entry, name) =>
    textOf(entry) === '*' && name.startsWith('Federated: ')
      ? {
          hint: 'A web identity is not covered by `*`: an Allow has to name its provider.',
          fix: { change: 'value', from: entry, to: name },
        }
      : undefined,
  (entry, name) =>
    textOf(entry) === textOf(name)
      ? { hint: `\`${textOf(name)}\` stands under the wrong type of principal.`, fix: replace(entry, name) }
      : undefined,
  otherProvider,
  (entry, name) =>
    hasWildcard(textOf(entry)) && textOf(entry) !== '*' && sharesPrefix(entry, name)
      ? { hint: `\`${entry}\` has a wildcard, which principals cannot have.`, fix: replace(entry, name) }
      : undefined,
  (entry, name) =>
    entry.toLowerCase() === name.toLowerCase()
      ? { hint: `\`${entry}\` differs in case only.`, fix: replace(entry, name) }
      : undefined,
  otherPath,
  otherAccount,
  (entry, name) =>
    isSlip(entry, name)
      ? { hint: `\`${entry}\` is not \`${name}\`: one letter is different.`, fix: replace(entry, name) }
      : undefined,
]

function replace(from: string, to: string): Diagnosis['fix'] {
  return { change: 'value', from, to }
}

function textOf(name: string): string {
  return name === '*' ? name : name.slice(name.indexOf(': ') + 2)
}

/** Another issuer, or the same one in another account. */
function otherProvider(entry: string, name: string): Diagnosis | undefined {
  const [account, wanted] = entry.split(PROVIDER)
  const [callerAccount, given] = name.split(PROVIDER)
  if (wanted === undefined || given === undefined) return undefined
  if (wanted === given && account !== callerAccount) {
    return { hint: `The provider \`${given}\` is the right one, in another account.`, fix: replace(entry, name) }
  }
  if (wanted.replace(/^https:\/\/|\/$/g, '') === given.replace(/\/$/, '')) {
    return { hint: `The issuer is written \`${given}\` in the provider's ARN.`, fix: replace(entry, name) }
  }
  return {
    hint: `The token is from the issuer \`${given}\`, the statement trusts \`${wanted}\`.`,
    fix: isSlip(wanted, given) ? replace(entry, name) : { change: 'add', to: name },
  }
}

/** `role/app` for `role/team/app`: the path belongs to the ARN. */
function otherPath(entry: string, name: string): Diagnosis | undefined {
  const [wanted, given] = [entry.split('/'), name.split('/')]
  const sameEnds = wanted[0] === given[0] && wanted.at(-1) === given.at(-1)
  if (!sameEnds || wanted.length < 2 || given.length < 2 || wanted.length === given.length) return undefined
  if (!/:(?:role|user)$/.test(wanted[0] ?? '')) return undefined
  return { hint: `The ARN has a path: \`${textOf(name)}\`.`, fix: replace(entry, name) }
}

function otherAccount(entry: string, name: string): Diagnosis | undefined {
  const [wanted, given] = [entry.split(':'), name.split(':')]
  if (wanted.length < 7 || wanted.length !== given.length) return undefined
  const different = wanted.flatMap((field, place) => (field === given[place] ? [] : [place]))
  // `AWS: arn:aws:iam::111122223333:role/app`: the account is the sixth of its fields.
  if (different.length !== 1 || different[0] !== 5) return undefined
  return { hint: `\`${textOf(entry)}\` is in another account than the caller.`, fix: replace(entry, name) }
}

function sharesPrefix(entry: string, name: string): boolean {
  return name.startsWith(entry.slice(0, entry.search(/[*?]/)))
}
