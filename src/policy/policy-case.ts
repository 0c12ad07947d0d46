import { type CompiledPolicy, compilePolicyText } from './compile.ts'
import { evaluate } from './evaluate.ts'
import type { ContextValue, Decision, PolicySets, RequestPrincipal } from './request.ts'

/** One question with its policies and the answer that AWS gives, as JSON has it (`cases/*.json`). */
export interface PolicyCase {
  readonly name: string
  readonly principal: CasePrincipal
  readonly action: string
  readonly resource: string
  readonly resourceAccount: string
  readonly context?: Readonly<Record<string, ContextValue>>
  readonly identityPolicies: readonly object[]
  readonly resourcePolicy?: object
  readonly resourceKind?: PolicySets['resourceKind']
  readonly principalIds?: Readonly<Record<string, string>>
  readonly boundary?: readonly object[]
  readonly sessionPolicies?: readonly object[]
  readonly scps?: readonly CaseLevel[]
  readonly rcps?: readonly CaseLevel[]
  readonly endpointPolicies?: readonly object[]
  readonly decision?: Decision['decision']
  readonly layer?: Decision['layer']
}

interface CasePrincipal {
  readonly type: RequestPrincipal['type']
  readonly arn?: string
  readonly id?: string
  readonly roleArn?: string
  readonly userArn?: string
  readonly provider?: string
  readonly service?: string
}

interface CaseLevel {
  /** The root, organizational unit or account that the policies are attached to. */
  readonly target: string
  readonly policies: readonly object[]
}

/** Compiles a case's policies and decides it. */
export function evaluatePolicyCase(one: PolicyCase): Decision {
  const compile = (policy: object): CompiledPolicy =>
    compilePolicyText(JSON.stringify(policy), { source: one.name, principalIds: one.principalIds })
  const levels = (given: readonly CaseLevel[] | undefined): PolicySets['serviceControl'] =>
    given?.map(({ policies }) => policies.map(compile))
  const context = new Map(Object.entries(one.context ?? {}).map(([key, value]) => [key.toLowerCase(), value]))
  return evaluate(
    { ...one, principal: principalOf(one.principal), context },
    {
      identity: one.identityPolicies.map(compile),
      resource: one.resourcePolicy && compile(one.resourcePolicy),
      resourceKind: one.resourceKind,
      boundary: one.boundary?.map(compile),
      session: one.sessionPolicies?.map(compile),
      serviceControl: levels(one.scps),
      resourceControl: levels(one.rcps),
      endpoint: one.endpointPolicies?.map(compile),
    },
  )
}

function principalOf(given: CasePrincipal): RequestPrincipal {
  const { type, arn = '', id } = given
  const [, , , , accountId = '', name = ''] = arn.split(':')
  switch (type) {
    case 'root':
      return { type, accountId }
    case 'user':
    case 'role':
      return { type, accountId, arn, id }
    case 'assumed-role':
      return {
        type,
        accountId,
        arn,
        id,
        roleArn: given.roleArn ?? `arn:aws:iam::${accountId}:role/${name.split('/')[1]}`,
      }
    case 'federated-user':
      return { type, accountId, arn, userArn: given.userArn }
    case 'federated':
      return { type, provider: given.provider ?? '' }
    case 'service':
      return { type, service: given.service ?? '' }
    case 'canonical':
      return { type, id: id ?? '' }
    case 'anonymous':
      return { type }
  }
}
