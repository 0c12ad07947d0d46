import type { Caller } from '../../aws/caller.ts'
import type { ElementExplanation, StatementExplanation } from '../../policy/index.ts'
import type { KeyRing } from '../../store/key-ring.ts'
import type { Judgement } from '../authorize.ts'
import { principalArn } from '../context/request-context.ts'
import type { ConditionKeys } from '../operation.ts'
import type { DenialExplanation } from './denial-explanation.ts'

/**
 * Characters of an encoded message. DecodeAuthorizationMessage takes 10,240 (service model), but the message travels in a
 * header, and common proxies refuse an answer whose headers exceed 4 KiB in all.
 */
const ENCODED_CHARACTERS_MAX = 3_000
/** Characters of a decoded message with its explanation: what DecodeAuthorizationMessage takes, it gives at most. */
const DECODED_CHARACTERS_MAX = 10_240
/** What a sealed message belongs to besides its account: no other sealed value opens as one. */
const ASSOCIATED_DATA = 'authorization-message'

/**
 * The details of a refusal, sealed so that only `sts:DecodeAuthorizationMessage` of the same account can read them.
 * The members are those that AWS's decoded messages have; the condition keys are left out where they take too much room.
 *
 * @param authorizationId  under which the denial is kept: with it, the decoded message will have the explanation
 * @returns undefined where even then it is longer than a header should be
 */
export function sealAuthorizationMessage(
  keyRing: KeyRing,
  caller: Caller,
  judgement: Judgement,
  accountId: string,
  authorizationId?: string,
): string | undefined {
  const { requirement, decision } = judgement
  const principal = caller.kind === 'anonymous' ? {} : { id: caller.userId, arn: principalArn(caller) }
  for (const conditions of [requirement.context ?? {}, {}]) {
    const message = {
      authorizationId,
      allowed: false,
      explicitDeny: decision.decision === 'explicitDeny',
      matchedStatements: { items: decision.matchedStatements.map(matchedStatement) },
      failures: { items: [] },
      context: requestOf({ ...requirement, context: conditions }, principal),
    }
    const sealed = keyRing.seal('session', Buffer.from(JSON.stringify(message)), `${ASSOCIATED_DATA}/${accountId}`)
    if (sealed.length <= ENCODED_CHARACTERS_MAX) return sealed
  }
  return undefined
}

export interface OpenedMessage {
  /** JSON. */
  readonly text: string
  /** Under which the denial may still be found. */
  readonly authorizationId: string | undefined
}

/** Opens a message; undefined where it is not one of this account. */
export function openAuthorizationMessage(
  keyRing: KeyRing,
  encoded: string,
  accountId: string,
): OpenedMessage | undefined {
  const opened = keyRing.open('session', encoded, `${ASSOCIATED_DATA}/${accountId}`)
  if (opened === undefined) return undefined
  const { authorizationId, ...message } = JSON.parse(opened.toString('utf8'))
  return { text: JSON.stringify(message), authorizationId }
}

/**
 * A decoded message with its explanation, in the same form: the whole statements that denied, and under `failures` the
 * elements of the statements that came nearest. What does not fit is left out, the least telling first.
 */
export function explainedMessage({ denial, explanation }: DenialExplanation): string {
  const { record } = denial
  const principal = { id: record.userId, arn: record.principalArn }
  const places = new Set(explanation.matchedStatements.map(({ layer, source, index }) => `${layer}/${source}/${index}`))
  const deciding = explanation.statements.filter((one) => places.has(`${one.layer}/${one.policy}/${one.index}`))
  const message = (statements: readonly StatementExplanation[], failures: readonly unknown[], keys: ConditionKeys) =>
    JSON.stringify({
      allowed: false,
      explicitDeny: explanation.decision === 'explicitDeny',
      explanation: explanation.sentence,
      matchedStatements: { items: statements.map(wholeStatement) },
      failures: { items: failures },
      context: requestOf({ ...record, context: keys }, principal),
    })
  const failures = explanation.nearMisses.flatMap(({ sid, policy, failed }) =>
    failed.map((element) => ({ statementId: sid ?? '', sourcePolicyId: policy, ...failure(element) })),
  )
  const versions = [
    () => message(deciding, failures, record.context),
    () => message(deciding, failures, {}),
    () => message(deciding, [], {}),
    () => message([], [], {}),
  ]
  for (const version of versions) {
    const text = version()
    if (text.length <= DECODED_CHARACTERS_MAX) return text
  }
  return JSON.stringify({ allowed: false, explicitDeny: explanation.decision === 'explicitDeny' })
}

function requestOf(
  {
    action,
    resource,
    context,
  }: { readonly action: string; readonly resource: string; readonly context: ConditionKeys },
  principal: { readonly id?: string | undefined; readonly arn?: string | undefined },
) {
  return { principal, action, resource, conditions: { items: conditionItems(context) } }
}

function matchedStatement(statement: Judgement['decision']['matchedStatements'][number]) {
  return {
    statementId: statement.sid ?? '',
    effect: 'DENY',
    sourcePolicyId: statement.source,
    sourcePolicyType: statement.layer,
  }
}

function wholeStatement({ sid, effect, policy, layer, elements }: StatementExplanation) {
  const valuesOf = (name: string) =>
    items(elements.filter(({ element }) => element.endsWith(name)).flatMap(({ expected }) => expected))
  return {
    statementId: sid ?? '',
    effect: effect.toUpperCase(),
    sourcePolicyId: policy,
    sourcePolicyType: layer,
    principals: valuesOf('Principal'),
    actions: valuesOf('Action'),
    resources: valuesOf('Resource'),
    conditions: {
      items: elements
        .filter(({ element }) => element === 'Condition')
        .map(({ operator, key, expected }) => ({ operator, key, values: items(expected) })),
    },
  }
}

function failure({ element, operator, key, expected, presented, hint }: ElementExplanation) {
  return { element, operator, key, expected: items(expected), presented: items(presented), hint }
}

function items(values: readonly string[]) {
  return { items: values.map((value) => ({ value })) }
}

function conditionItems(context: ConditionKeys) {
  return Object.entries(context).flatMap(([key, value]) => {
    return value === undefined ? [] : [{ key, values: items([value].flat()) }]
  })
}
