import type { ElementExplanation } from './explanation.ts'

/** Why an element did not match. */
export type Diagnosis = Pick<ElementExplanation, 'hint' | 'fix'>

/** Values that a sentence names; a policy can have thousands. */
const NAMED_MAX = 3

/** `a` · `a` or `b` · `a`, `b`, `c` or 7 more */
export function oneOf(values: readonly string[]): string {
  const named = values.slice(0, NAMED_MAX).map((value) => `\`${value}\``)
  if (values.length > NAMED_MAX) return `${named.join(', ')} or ${values.length - NAMED_MAX} more`
  const last = named.pop() ?? 'nothing'
  return named.length === 0 ? last : `${named.join(', ')} or ${last}`
}

/** The values that were compared: with variables replaced; those without a value left out. */
export function comparedValues({ expected, resolved }: ElementExplanation): readonly string[] {
  return resolved?.filter((value) => value !== null) ?? expected
}

export function hasWildcard(text: string): boolean {
  return text.includes('*') || text.includes('?')
}
