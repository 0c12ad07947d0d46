import type { MatchElement } from '../document/document.ts'
import { compileGlob, type Glob, globMatches, globTokens } from './glob.ts'

/** `Action` or `NotAction`, compiled; actions compare without case. */
export interface ActionElement {
  readonly negated: boolean
  /** In lower case. */
  readonly literals: ReadonlySet<string>
  readonly wildcards: readonly Glob[]
}

export function compileAction(element: MatchElement): ActionElement {
  const actions = element.values.map(({ value }) => value.toLowerCase())
  const hasWildcard = (action: string): boolean => action.includes('*') || action.includes('?')
  return {
    negated: element.negated,
    literals: new Set(actions.filter((action) => !hasWildcard(action))),
    wildcards: actions.filter(hasWildcard).map((action) => compileGlob(globTokens(action))),
  }
}

/** @param action in lower case */
export function actionMatches(element: ActionElement, action: string): boolean {
  const isListed = element.literals.has(action) || element.wildcards.some((glob) => globMatches(glob, action))
  return isListed !== element.negated
}
