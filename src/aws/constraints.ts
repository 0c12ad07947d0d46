/**
 * Limits of the service models that the SDK's schemas do not carry. `min` and `max` are characters for a string, entries
 * for a list or map, the value itself for a number.
 */
export interface Constraint {
  readonly min?: number
  readonly max?: number
  /** Must match the whole value. Linear patterns only: no nested or overlapping repetition. */
  readonly pattern?: RegExp
  /** The pattern as the service model spells it, for AWS's message. */
  readonly patternText?: string
  readonly enum?: readonly string[]
  /** What each entry of a list must satisfy ("Member must satisfy constraint: […]"). */
  readonly member?: Constraint
  /** What each key and each value of a map must satisfy ("Map keys must satisfy constraint: […]", "Map value must …"). */
  readonly key?: Constraint
  readonly value?: Constraint
}

/** Keyed `Structure.Member`, else by the member's name alone where it means the same in the whole service. */
export type ConstraintTable = Readonly<Record<string, Constraint>>

export interface ServiceConstraints {
  readonly table: ConstraintTable
  /** Error code and status of a broken constraint; the text is AWS's "N validation error(s) detected: …". */
  readonly error: { readonly code: string; readonly status: number }
  /** IAM answers "Value at 'x' failed …" without the value, STS "Value '…' at 'x' failed …" (recorded). */
  readonly showsValue: boolean
}

/**
 * Returns the two members of a Constraint for a pattern of a service model. The model's patterns are written for Java, where
 * they must match the whole value and `\p{L}` counts code points: hence the anchors and the `u` flag.
 */
export function matching(patternText: string): Required<Pick<Constraint, 'pattern' | 'patternText'>> {
  return { pattern: new RegExp(`^(?:${patternText})$`, 'u'), patternText }
}
