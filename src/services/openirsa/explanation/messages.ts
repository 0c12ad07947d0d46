import type { Decision, ElementExplanation, Range } from '../../../policy/index.ts'
import type { Gate } from './gates.ts'

export interface GetAuthorizationExplanationRequest {
  /** As a denial's message has it, or `last` for the newest denial of the account. */
  readonly authorizationId: string
}

/** Why a request was denied: the whole chain in one answer. */
export interface AuthorizationExplanation {
  readonly id: string
  readonly time: Date
  readonly decision: Decision['decision']
  /** Name of the gate that the request did not pass. */
  readonly firstClosedGate: string | undefined
  /** The answer as one sentence, the near miss first where there is one. */
  readonly sentence: string
  readonly nearMisses: readonly ExplainedNearMiss[]
  readonly request: {
    readonly id: string
    readonly service: string
    readonly operation: string
    readonly action: string
    readonly resource: string
    readonly context: Readonly<Record<string, unknown>>
  }
  readonly caller: {
    readonly arn?: string | undefined
    readonly issuer?: string | undefined
    readonly subject?: string | undefined
    readonly audience?: string | undefined
    readonly pod?: string | undefined
  }
  /** In the order in which a request meets them. */
  readonly gates: readonly Gate[]
  readonly evaluations: readonly ExplainedEvaluation[]
  readonly missingContextKeys: readonly string[]
  /** What could not be seen, in sentences. */
  readonly unknown: readonly string[]
}

export interface ExplainedNearMiss {
  readonly policy: string
  readonly sid: string | undefined
  readonly range: Range
  readonly sentence: string
}

/** One statement that was asked. */
export interface ExplainedEvaluation {
  readonly layer: string
  readonly policy: string
  readonly version: string | undefined
  readonly sid: string | undefined
  /** Position in the policy's statement list. */
  readonly index: number
  readonly range: Range
  readonly effect: 'Allow' | 'Deny'
  readonly matched: boolean
  /** What did not match, wanted and presented values side by side; empty where all did. */
  readonly failed: readonly FailedElement[]
}

export interface FailedElement
  extends Pick<
    ElementExplanation,
    'element' | 'operator' | 'key' | 'expected' | 'presented' | 'hint' | 'fix' | 'range'
  > {
  /** The policy's text at `range`, cut where it is long. */
  readonly text: string
}
