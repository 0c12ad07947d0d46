import type { ConditionBlock } from '../document/document.ts'
import { type CompiledCondition, compileCondition } from '../match/condition.ts'
import { type OperatorName, operatorInOtherCase, readOperatorName } from '../match/condition-operator.ts'
import { comparedValues, type Diagnosis, hasWildcard, oneOf } from './diagnosis.ts'
import type { AskedStatement } from './element.ts'
import type { ElementExplanation, Fix } from './explanation.ts'
import { isSlip } from './similar.ts'

/** Says why a condition does not hold, and proposes a change only where it was tried and the condition then holds. */
export function diagnoseCondition(
  explained: ElementExplanation,
  asked: AskedStatement,
  { block }: CompiledCondition,
): Diagnosis {
  const name = readOperatorName(block.operator.value)
  if (name === undefined) return unknownOperator(block, asked)
  const facts: Facts = {
    explained,
    asked,
    block,
    name,
    presented: explained.presented,
    compared: comparedValues(explained),
  }
  for (const find of DIAGNOSES) {
    const found = find(facts)
    if (found) return found
  }
  return { hint: `The request has ${oneOf(facts.presented)}, the condition wants ${oneOf(facts.compared)}.` }
}

interface Facts {
  readonly explained: ElementExplanation
  readonly asked: AskedStatement
  readonly block: ConditionBlock
  readonly name: OperatorName
  /** The request's values. */
  readonly presented: readonly string[]
  /** The policy's values with variables replaced. */
  readonly compared: readonly string[]
}

type Find = (facts: Facts) => Diagnosis | undefined

/** The first that fits tells. */
const DIAGNOSES: readonly Find[] = [
  presence,
  noValues,
  claimOfOtherIssuer,
  ({ block, presented }) => (presented.length === 0 ? { hint: whyAbsent(block.key.value) } : undefined),
  ({ explained }) => {
    const place = explained.resolved?.indexOf(null) ?? -1
    const value = explained.expected[place]
    return value === undefined ? undefined : { hint: `A variable of \`${value}\` has no value in this request.` }
  },
  excluded,
  unreadable,
  wildcardsOfPlainOperator,
  sessionInsteadOfRole,
  each(({ wanted, given }) =>
    wanted !== given && wanted.toLowerCase() === given.toLowerCase()
      ? `\`${wanted}\` differs in case only.`
      : undefined,
  ),
  each(({ wanted, given }) =>
    wanted !== given && wanted.trim() === given.trim() ? `\`${wanted}\` differs in white space only.` : undefined,
  ),
  each(({ wanted, given }) =>
    wanted !== given && bareUrl(wanted) === bareUrl(given)
      ? `\`${wanted}\` differs in \`https://\` or the last slash only.`
      : undefined,
  ),
  each(serviceAccount),
  each(({ wanted, given }) =>
    isSlip(wanted, given) ? `\`${wanted}\` is not \`${given}\`: one letter is different.` : undefined,
  ),
  uncovered,
]

function unknownOperator(block: ConditionBlock, asked: AskedStatement): Diagnosis {
  const hint = `\`${block.operator.value}\` is no condition operator, so the statement allows nothing.`
  const to = operatorInOtherCase(block.operator.value)
  if (to === undefined) return { hint }
  return {
    hint: `${hint} Names of operators compare with case: \`${to}\`.`,
    fix: tried(asked, block, { change: 'operator', from: block.operator.value, to }),
  }
}

function presence({ name, block, presented }: Facts): Diagnosis | undefined {
  if (name.kind !== 'null') return undefined
  return { hint: `\`${block.key.value}\` is ${presented.length === 0 ? 'absent' : 'present'} in the request.` }
}

function noValues({ block }: Facts): Diagnosis | undefined {
  return block.values.length === 0 ? { hint: 'The condition has no values, so nothing meets it.' } : undefined
}

const PROVIDER = ':oidc-provider/'

/** A web identity brings the claims of its own issuer only, under keys that begin with it. */
function claimOfOtherIssuer({ asked, block, presented }: Facts): Diagnosis | undefined {
  const { principal } = asked.request
  const key = block.key.value
  const colon = key.lastIndexOf(':')
  if (presented.length > 0 || principal.type !== 'federated' || !key.slice(0, colon).includes('.')) return undefined
  const at = principal.provider.indexOf(PROVIDER)
  const issuer = at < 0 ? principal.provider : principal.provider.slice(at + PROVIDER.length)
  if (key.slice(0, colon).toLowerCase() === issuer.toLowerCase()) return undefined
  return {
    hint: `The condition reads a claim of \`${key.slice(0, colon)}\`, the token is from \`${issuer}\`.`,
    fix: tried(asked, block, { change: 'key', from: key, to: `${issuer}${key.slice(colon)}` }),
  }
}

/** Why a key may be absent, by how it begins (or, for claims, ends), in lower case. */
const ABSENCES: readonly (readonly [RegExp, string])[] = [
  [/^aws:principaltag\//, 'the caller does not have this tag'],
  [/^aws:requesttag\//, 'the request does not set this tag'],
  [/^aws:resourcetag\//, 'the resource does not have this tag, or the action does not tell the tags of resources'],
  [/^aws:multifactorauth/, 'it is absent where the caller signs with a long-term access key'],
  [/^aws:tokenissuetime$/, 'only temporary credentials have it'],
  [/^aws:username$/, 'only users have it, roles do not'],
  [/^aws:(?:sourcevpc|sourcevpce|vpcsourceip)/, 'only calls through a VPC endpoint have it'],
  [/^[^:]*\..*:aud$/, 'the token has no audience'],
  [/^[^:]*\..*:/, 'the token does not have this claim'],
]

function whyAbsent(key: string): string {
  const reason = ABSENCES.find(([pattern]) => pattern.test(key.toLowerCase()))?.[1]
  return `\`${key}\` is not in the request${reason === undefined ? '' : `: ${reason}`}.`
}

/** A negation fails because of a value that matches. */
function excluded({ name, presented }: Facts): Diagnosis | undefined {
  if (name.kind !== 'value' || !name.operator.negated) return undefined
  return { hint: `The condition excludes ${oneOf(presented)}.` }
}

/** The policy's value is not of the operator's type. */
function unreadable({ name, block }: Facts): Diagnosis | undefined {
  if (name.kind !== 'value' || !name.operator.canRead) return undefined
  const { canRead } = name.operator
  const wrong = block.values.find(({ value }) => !value.includes('${') && !canRead(value))
  return wrong && { hint: `\`${wrong.value}\` is no value that ${name.name} can read.` }
}

const LIKE_INSTEAD: Readonly<Record<string, string>> = {
  StringEquals: 'StringLike',
  StringEqualsIgnoreCase: 'StringLike',
}

function wildcardsOfPlainOperator({ name, block, asked }: Facts): Diagnosis | undefined {
  if (name.kind !== 'value') return undefined
  const like = LIKE_INSTEAD[name.name]
  const wildcard = block.values.find(({ value }) => hasWildcard(value))
  if (like === undefined || wildcard === undefined) return undefined
  const from = block.operator.value
  const fix = tried(asked, block, { change: 'operator', from, to: from.replace(name.name, like) })
  return {
    hint: `\`${wildcard.value}\` is plain text under ${name.name}: use ${like} for wildcards.${fix ? '' : ' It would not match here either.'}`,
    fix,
  }
}

/** `aws:PrincipalArn` of a session is its role. */
function sessionInsteadOfRole({ block, asked, compared, presented }: Facts): Diagnosis | undefined {
  const session = compared.find((value) => value.includes(':assumed-role/'))
  const [given] = presented
  if (block.key.value.toLowerCase() !== 'aws:principalarn' || session === undefined || given === undefined)
    return undefined
  return {
    hint: `\`${block.key.value}\` of a session is the ARN of its role, \`${given}\`.`,
    fix: tried(asked, block, { change: 'value', from: session, to: given }),
  }
}

/** Holds each value of the policy against each of the request. */
function each(tell: (pair: { readonly wanted: string; readonly given: string }) => string | undefined): Find {
  return ({ explained, compared, presented, block, asked }) => {
    for (const [place, wanted] of compared.entries()) {
      for (const given of presented) {
        const hint = tell({ wanted, given })
        if (hint === undefined) continue
        const isWritten = explained.expected[place] === wanted
        const fix = tried(
          asked,
          block,
          isWritten ? { change: 'value', from: wanted, to: given } : { change: 'add', to: given },
        )
        return { hint, fix }
      }
    }
    return undefined
  }
}

function bareUrl(text: string): string {
  return text.replace(/^https:\/\//, '').replace(/\/$/, '')
}

const SERVICE_ACCOUNT = /^system:serviceaccount:([^:]*):([^:]*)$/

/** The subject of a Kubernetes service account: namespace and name. */
function serviceAccount({ wanted, given }: { readonly wanted: string; readonly given: string }): string | undefined {
  const [, wantedNamespace, wantedName] = SERVICE_ACCOUNT.exec(wanted) ?? []
  const [, namespace, name] = SERVICE_ACCOUNT.exec(given) ?? []
  if (wantedNamespace === undefined || namespace === undefined || wanted === given) return undefined
  if (wantedName === name) return `The namespace is \`${namespace}\`, the policy has \`${wantedNamespace}\`.`
  if (wantedNamespace === namespace) return `The service account is \`${name}\`, the policy has \`${wantedName}\`.`
  return undefined
}

/** ForAllValues fails because of some values only. */
function uncovered({ name, block, asked, presented, compared }: Facts): Diagnosis | undefined {
  if (name.kind !== 'value' || name.quantifier !== 'ForAllValues') return undefined
  const one = compileCondition(block, { variables: asked.policy.hasVariables, undecided: false })
  const others = presented.filter((value) => {
    const { context } = asked.request
    return !one.holds({ get: (key) => (key === one.key ? value : context.get(key)) })
  })
  return { hint: `The request also has ${oneOf(others)}, the condition allows only ${oneOf(compared)}.` }
}

/** @returns the change where the condition then holds */
function tried(asked: AskedStatement, block: ConditionBlock, fix: Fix): Fix | undefined {
  const changed = compileCondition(applied(block, fix), { variables: asked.policy.hasVariables, undecided: false })
  return changed.holds(asked.request.context) ? fix : undefined
}

function applied(block: ConditionBlock, fix: Fix): ConditionBlock {
  const { span } = block
  switch (fix.change) {
    case 'operator':
      return { ...block, operator: { value: fix.to, span } }
    case 'key':
      return { ...block, key: { value: fix.to, span } }
    case 'value':
      return { ...block, values: block.values.map((one) => (one.value === fix.from ? { value: fix.to, span } : one)) }
    case 'add':
      return { ...block, values: [...block.values, { value: fix.to, span }] }
  }
}
