import { type Diagnosis, oneOf } from './diagnosis.ts'
import type { ElementExplanation } from './explanation.ts'
import { isSlip } from './similar.ts'

export function diagnoseAction({ element, expected, hits = [], presented }: ElementExplanation): Diagnosis {
  const [action = ''] = presented
  if (expected.length === 0) return { hint: 'The statement has no action, so it allows nothing.' }
  if (element === 'NotAction') {
    return { hint: `NotAction leaves the action out: ${oneOf(hits.flatMap((place) => expected[place] ?? []))}.` }
  }
  const slip = expected.find((value) => isSlip(value.toLowerCase(), action.toLowerCase()))
  if (slip !== undefined) {
    return {
      hint: `\`${slip}\` is not \`${action}\`: one letter is different.`,
      fix: { change: 'value', from: slip, to: action },
    }
  }
  const ofService = expected.filter((value) => isOfSameService(value, action))
  if (ofService.length === 0) return { hint: `The statement is about other services: ${oneOf(expected)}.` }
  return { hint: `The statement has ${oneOf(ofService)}, not this action.`, fix: { change: 'add', to: action } }
}

/** Is the statement about actions of the request's service, so that its author may have forgotten one? */
export function isOfSameService(pattern: string, action: string): boolean {
  const colon = action.indexOf(':')
  return colon >= 0 && pattern.toLowerCase().startsWith(action.slice(0, colon + 1).toLowerCase())
}
