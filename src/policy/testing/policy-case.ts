import { compilePolicyText } from '../compile.ts'
import { evaluate } from '../evaluate.ts'
import type { ContextValue, Decision, PolicySets, RequestPrincipal } from '../request.ts'
import { readRequestDocument } from '../request-document.ts'

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
  const { request, sets } = readRequestDocument({ ...one }, (policy, options) =>
    compilePolicyText(JSON.stringify(policy), options),
  )
  return evaluate(request, sets)
}
