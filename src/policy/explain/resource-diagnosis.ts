import { compileResourcePattern } from '../match/resource-pattern.ts'
import type { RequestContext } from '../request.ts'
import { comparedValues, type Diagnosis, hasWildcard, oneOf } from './diagnosis.ts'
import type { ElementExplanation } from './explanation.ts'
import { isSlip } from './similar.ts'

export function diagnoseResource(explained: ElementExplanation): Diagnosis {
  const { element, expected, hits = [], presented, resolved } = explained
  const [resource = ''] = presented
  if (expected.length === 0) return { hint: 'The statement has no resource, so it allows nothing.' }
  if (element === 'NotResource') {
    return { hint: `NotResource leaves the resource out: ${oneOf(hits.flatMap((place) => expected[place] ?? []))}.` }
  }
  if (resource === '*') {
    return {
      hint: 'The action has no resource types, so only Resource "*" matches it.',
      fix: { change: 'add', to: '*' },
    }
  }
  for (const [place, value] of expected.entries()) {
    if (resolved?.[place] === null) {
      return { hint: `A variable of \`${value}\` has no value in this request, so it matches nothing.` }
    }
  }
  const compared = comparedValues(explained)
  for (const find of DIAGNOSES) {
    for (const [place, pattern] of compared.entries()) {
      const found = find(pattern, resource)
      if (found) return withoutFixOfVariable(found, expected[place] ?? pattern)
    }
  }
  return { hint: `${oneOf(expected)} does not cover \`${resource}\`.`, fix: { change: 'add', to: resource } }
}

/** Where a value was made from variables, replacing it would lose them: add another one. */
function withoutFixOfVariable(found: Diagnosis, written: string): Diagnosis {
  if (found.fix?.change !== 'value' || found.fix.from === written) return found
  return { hint: found.hint, fix: { change: 'add', to: found.fix.to } }
}

type Find = (pattern: string, resource: string) => Diagnosis | undefined

/** The first that fits tells; each is tried with every value before the next one is. */
const DIAGNOSES: readonly Find[] = [
  (pattern, resource) =>
    pattern.startsWith('arn:')
      ? undefined
      : { hint: `\`${pattern}\` is no ARN.`, fix: { change: 'value', from: pattern, to: resource } },
  bucketForObject,
  objectForBucket,
  (pattern, resource) =>
    pattern.toLowerCase() === resource.toLowerCase()
      ? { hint: `\`${pattern}\` differs in case only.`, fix: { change: 'value', from: pattern, to: resource } }
      : undefined,
  otherField,
  (pattern, resource) =>
    isSlip(pattern, resource)
      ? {
          hint: `\`${pattern}\` is not \`${resource}\`: one letter is different.`,
          fix: { change: 'value', from: pattern, to: resource },
        }
      : undefined,
]

/** The bucket is given where its objects are meant. */
function bucketForObject(pattern: string, resource: string): Diagnosis | undefined {
  if (hasWildcard(pattern) || !pattern.startsWith('arn:aws:s3:::') || !resource.startsWith(`${pattern}/`))
    return undefined
  return {
    hint: `\`${pattern}\` is the bucket; its objects are \`${pattern}/…\`.`,
    fix: { change: 'add', to: resource },
  }
}

/** Its objects are given where the bucket is meant. */
function objectForBucket(pattern: string, resource: string): Diagnosis | undefined {
  if (!resource.startsWith('arn:aws:s3:::') || pattern !== `${resource}/*`) return undefined
  return {
    hint: `\`${pattern}\` is the objects in the bucket; the bucket is \`${resource}\`.`,
    fix: { change: 'add', to: resource },
  }
}

const FIELDS = ['prefix', 'partition', 'service', 'region', 'account'] as const

/** One of the first fields differs, and with that one it would match. */
function otherField(pattern: string, resource: string): Diagnosis | undefined {
  const [wanted, given] = [pattern.split(':'), resource.split(':')]
  const place = FIELDS.findIndex((_, field) => wanted[field] !== given[field] && wanted[field] !== '*')
  const field = FIELDS[place]
  if (field === undefined || wanted.length < 6) return undefined
  const to = wanted.with(place, given[place] ?? '').join(':')
  const matches = compileResourcePattern(to, { variables: false, inResourcePolicy: false }).matches(
    resource,
    NO_CONTEXT,
  )
  if (!matches) return undefined
  return {
    hint: `The ${field} differs: \`${wanted[place]}\` in the policy, \`${given[place]}\` in the request.`,
    fix: { change: 'value', from: pattern, to },
  }
}

const NO_CONTEXT: RequestContext = { get: () => undefined }
