import type { Contender } from './contender.ts'

/** What no engine can be below: one look by action and one comparison of texts. Its answers are none. */
export const floor: Contender = {
  name: 'floor: Map.get and startsWith',
  prepare: async ({ policies, requests }) => {
    const prefixes = new Map<string, string>()
    for (const { Statement } of policies) {
      for (const { Action, Resource } of Statement) {
        for (const action of Action) prefixes.set(action, (Resource[0] ?? '').replace(/\*.*/, ''))
      }
    }
    return {
      isAllowed: (place) => {
        const request = requests[place]
        const prefix = request && prefixes.get(request.action)
        return prefix !== undefined && request?.resource.startsWith(prefix) === true
      },
    }
  },
}
