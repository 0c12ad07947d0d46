import { createHash } from 'node:crypto'
import type { Caller } from '../../aws/caller.ts'
import type {
  CompiledPolicy,
  CompiledPolicySet,
  Decision,
  Policies,
  PolicyLayer,
  PolicySets,
  RequestPrincipal,
} from '../../policy/index.ts'
import type { Evidence, Judgement, PresentedToken } from '../authorize.ts'
import { contextValues } from '../context/context-values.ts'
import { principalArn } from '../context/request-context.ts'
import type { ConditionKeys } from '../operation.ts'
import { type PolicyText, policyTextOf } from '../policies/policy-text.ts'

/** A denied request while its answer is on its way: references only, so that it costs the caller nothing. */
export interface Denial {
  readonly authorizationId: string
  /** Account of the principal that was denied. */
  readonly accountId: string
  /** Milliseconds since the epoch. */
  readonly deniedAt: number
  readonly requestId: string
  readonly service: string
  readonly operation: string
  readonly caller: Caller | undefined
  readonly judgement: Judgement
  readonly evidence: Evidence
}

/** A denied request as it is kept: JSON. The texts of its policies are kept apart, by digest. */
export interface DenialRecord {
  readonly requestId: string
  readonly service: string
  readonly operation: string
  readonly principal: RequestPrincipal
  /** `aws:PrincipalArn`; absent for a web identity. */
  readonly principalArn?: string | undefined
  /** The ARN that the denial names. */
  readonly callerArn?: string | undefined
  readonly userId?: string | undefined
  readonly token?: PresentedToken | undefined
  readonly action: string
  readonly resource: string
  readonly resourceAccount: string
  readonly resourceKind?: PolicySets['resourceKind']
  /** Every condition key that the request had. */
  readonly context: ConditionKeys
  readonly decision: Decision
  readonly layers: readonly KeptLayer[]
}

/** The policies of a layer that was given: one that is not here does not limit. */
export interface KeptLayer {
  readonly layer: PolicyLayer
  readonly policies: readonly KeptPolicy[]
}

export interface KeptPolicy extends Pick<PolicyText, 'kind' | 'versionId' | 'principalIds'> {
  readonly source: string
  /** SHA-256 of the text, base64url. */
  readonly digest: string
}

/** Reads all that is to be kept, once: what it reads from stays in memory no longer than the denial waits to be stored. */
export function recordDenial(denial: Denial): {
  readonly record: DenialRecord
  /** Texts of policies by digest. */
  readonly documents: ReadonlyMap<string, string>
} {
  const { caller, judgement, evidence } = denial
  const { request, sets, facts, token } = evidence
  const documents = new Map<string, string>()
  const isKnown = caller !== undefined && caller.kind !== 'anonymous'
  const record: DenialRecord = {
    requestId: denial.requestId,
    service: denial.service,
    operation: denial.operation,
    principal: request.principal,
    principalArn: facts.caller && principalArn(facts.caller),
    callerArn: isKnown ? caller.arn : undefined,
    userId: isKnown ? caller.userId : undefined,
    token,
    action: request.action,
    resource: request.resource,
    resourceAccount: request.resourceAccount,
    resourceKind: sets.resourceKind,
    context: contextValues(facts),
    decision: judgement.decision,
    layers: layersOf(sets).map(({ layer, policies }) => ({
      layer,
      policies: policies.flatMap(singlePolicies).flatMap((policy) => keepPolicy(policy, documents)),
    })),
  }
  return { record, documents }
}

/** Layers that a request here can have; there are no organizations and no VPC endpoints. */
function layersOf(sets: PolicySets): readonly { readonly layer: PolicyLayer; readonly policies: Policies }[] {
  const { identity, boundary, session, resource } = sets
  return [
    { layer: 'identity', policies: identity },
    ...(boundary ? [{ layer: 'boundary', policies: boundary } as const] : []),
    ...(session ? [{ layer: 'session', policies: session } as const] : []),
    ...(resource ? [{ layer: 'resource', policies: [resource] } as const] : []),
  ]
}

function singlePolicies(policy: CompiledPolicy | CompiledPolicySet): readonly CompiledPolicy[] {
  return 'policies' in policy ? policy.policies : [policy]
}

function keepPolicy(policy: CompiledPolicy, documents: Map<string, string>): readonly KeptPolicy[] {
  const text = policyTextOf(policy)
  if (text === undefined) return []
  const digest = createHash('sha256').update(text.document).digest('base64url')
  documents.set(digest, text.document)
  const { kind, versionId, principalIds } = text
  return [{ source: policy.source, digest, kind, versionId, principalIds }]
}
