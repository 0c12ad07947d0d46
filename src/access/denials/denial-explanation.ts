import {
  type CompiledPolicy,
  compilePolicyText,
  type Explanation,
  explain,
  type NearMiss,
  type PolicyLayer,
  type PolicySets,
} from '../../policy/index.ts'
import type { KeptPolicy } from './denial-record.ts'
import type { KeptDenial } from './denial-records.ts'

/** Why a request was denied, as far as the account that asks may know. */
export interface DenialExplanation {
  readonly denial: KeptDenial
  /** Without what belongs to another account. */
  readonly explanation: Explanation
  readonly policies: readonly AskedPolicy[]
  /** What cannot be seen from here, in sentences. */
  readonly unknown: readonly string[]
}

/** A policy that was asked, as it was then. */
export interface AskedPolicy extends KeptPolicy {
  readonly layer: PolicyLayer
  /** ARN of the principal, the session or the resource that it is attached to. */
  readonly attachedTo: string
  /** Undefined where it is not kept any more. */
  readonly document: string | undefined
}

/**
 * Explains a denial by asking the policies again as they were. The policy of a resource in another account is the other
 * account's: that it did not allow is in the denial's message, why it did not is not told.
 */
export function explainDenial(denial: KeptDenial): DenialExplanation {
  const { record, accountId } = denial
  const policies = askedPolicies(denial)
  const { principal, action, resource, resourceAccount } = record
  const context = new Map(Object.entries(record.context).map(([key, value]) => [key.toLowerCase(), value]))
  const explanation = explain({ principal, action, resource, resourceAccount, context }, policySets(denial, policies))
  const lost = policies.filter((policy) => policy.document === undefined)
  const unknown = lost.map(({ source }) => `The text of ${source} is not kept any more.`)
  const shown = { ...explanation, ...record.decision }
  if (resourceAccount === accountId) return { denial, explanation: shown, policies, unknown }
  return {
    denial,
    explanation: withoutLayer(shown, 'resource', `${action} on ${resource}`, resourceAccount),
    policies: policies.filter(({ layer }) => layer !== 'resource'),
    unknown: [...unknown, `The policy of ${resource} belongs to account ${resourceAccount}.`],
  }
}

function askedPolicies({ record, documents }: KeptDenial): readonly AskedPolicy[] {
  return record.layers.flatMap(({ layer, policies }) =>
    policies.map((policy) => ({
      ...policy,
      layer,
      attachedTo: attachment(record, layer, policy),
      document: documents.get(policy.digest),
    })),
  )
}

function attachment({ principalArn, callerArn }: KeptDenial['record'], layer: PolicyLayer, policy: KeptPolicy): string {
  if (layer === 'resource') return policy.source
  return (layer === 'session' ? callerArn : principalArn) ?? ''
}

function policySets({ record }: KeptDenial, policies: readonly AskedPolicy[]): PolicySets {
  const has = (layer: PolicyLayer) => record.layers.some((one) => one.layer === layer)
  const of = (layer: PolicyLayer) => policies.filter((policy) => policy.layer === layer).flatMap(compiled)
  return {
    identity: of('identity'),
    boundary: has('boundary') ? of('boundary') : undefined,
    session: has('session') ? of('session') : undefined,
    resource: of('resource')[0],
    resourceKind: record.resourceKind,
  }
}

function compiled({ source, document, principalIds }: AskedPolicy): readonly CompiledPolicy[] {
  return document === undefined ? [] : [compilePolicyText(document, { source, principalIds })]
}

/** The explanation as it is for whom the policies of a layer are not to be shown to. */
function withoutLayer(explanation: Explanation, layer: PolicyLayer, what: string, accountId: string): Explanation {
  const isShown = (one: { readonly layer: PolicyLayer }) => one.layer !== layer
  const statements = explanation.statements.filter(isShown)
  const nearMisses: readonly NearMiss[] = explanation.nearMisses.filter(isShown)
  const byOthers = `${what} is denied: the policy of the resource, in account ${accountId}, does not allow it.`
  const [near] = nearMisses
  const own = explanation.nearMisses.every(isShown) ? explanation.sentence : (near?.sentence ?? `${what} is denied.`)
  return {
    ...explanation,
    matchedStatements: explanation.matchedStatements.filter(isShown),
    layers: explanation.layers.map((one) => (isShown(one) ? one : { ...one, policies: [] })),
    statements,
    missingContextKeys: [...new Set(statements.flatMap((one) => one.missingContextKeys))],
    nearMisses,
    sentence: explanation.layer === layer ? byOthers : own,
  }
}
