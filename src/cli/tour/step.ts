import type { Tour } from './tour.ts'

/** One thing that the tour asks, and what the answer must be. */
export interface Step {
  readonly chapter: string
  readonly title: string
  /** What is asked, in the words of the service. */
  asked(tour: Tour): string
  readonly expected: Expectation
  /**
   * Answers again where the answer is not yet what it must be: another replica enforces a change within one second of it.
   * The others ask once.
   */
  readonly followsChange?: true
  /** Asks, and returns what is worth showing of the answer. Throws what the service throws. */
  run(tour: Tour): Promise<string>
}

export type Expectation = { readonly kind: 'allowed' } | { readonly kind: 'denied'; readonly code: string }

export type Answer =
  | { readonly kind: 'allowed'; readonly shown: string }
  /** The service refused. */
  | { readonly kind: 'denied'; readonly code: string; readonly message: string }
  /** No answer of the service, or one that must not be. */
  | { readonly kind: 'failed'; readonly message: string }
  /** Not asked, because an earlier step did not make what this one needs. */
  | { readonly kind: 'skipped'; readonly message: string }

export interface StepResult {
  readonly chapter: string
  readonly title: string
  readonly asked: string
  readonly expected: Expectation
  readonly answer: Answer
  readonly isAsExpected: boolean
}

/** Thrown by a step whose ground an earlier step should have laid. */
export class MissingGround extends Error {}

export function isExpected(expected: Expectation, answer: Answer): boolean {
  if (expected.kind === 'allowed') return answer.kind === 'allowed'
  return answer.kind === 'denied' && answer.code === expected.code
}

/** What was thrown, as an answer: a refusal of the service keeps its code and message. */
export function answerOf(error: unknown): Answer {
  if (error instanceof MissingGround) return { kind: 'skipped', message: error.message }
  if (!(error instanceof Error)) return { kind: 'failed', message: String(error) }
  const { $metadata, Code } = error as { readonly $metadata?: { readonly httpStatusCode?: number }; Code?: string }
  const status = $metadata?.httpStatusCode ?? 0
  if (status < 400 || status >= 500) return { kind: 'failed', message: `${error.name}: ${error.message}` }
  // The SDK names some errors after its classes; `Code` is what the service sent.
  return { kind: 'denied', code: Code ?? error.name, message: error.message }
}
