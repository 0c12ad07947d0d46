import type { ContextValue, RequestContext } from './request.ts'

/**
 * The context of a request from keys in any case. Nothing is done with them before a policy reads one, which for most requests none does.
 * Where two keys differ in case only, the later one counts.
 */
export function contextOf(values: Readonly<Record<string, ContextValue | undefined>>): RequestContext {
  let byLowerCase: Map<string, ContextValue | undefined> | undefined
  return {
    get(key) {
      byLowerCase ??= new Map(Object.entries(values).map(([name, value]) => [name.toLowerCase(), value]))
      return byLowerCase.get(key)
    },
  }
}
