import { patternsMayMeet } from '../analysis/pattern.ts'
import type { ResourceType, ServiceAuthorization } from './service-authorization.ts'

/** A resource of a policy, cut at its first five colons; a colon inside a variable is none. */
export interface ResourceArn {
  readonly prefix: string
  readonly partition: string
  readonly service: string
  readonly region: string
  readonly account: string
  readonly resource: string
}

export const ARN_FIELDS = 6

/** @returns the fields, or how many there are where they are too few */
export function readResourceArn(text: string): ResourceArn | number {
  const fields: string[] = []
  let from = 0
  let inVariable = false
  for (let at = 0; at < text.length && fields.length < ARN_FIELDS - 1; at++) {
    const character = text[at]
    if (character === '$' && text[at + 1] === '{') inVariable = true
    else if (character === '}') inVariable = false
    else if (character === ':' && !inVariable) {
      fields.push(text.slice(from, at))
      from = at + 1
    }
  }
  if (fields.length < ARN_FIELDS - 1) return fields.length + 1
  const [prefix = '', partition = '', service = '', region = '', account = ''] = fields
  return { prefix, partition, service, region, account, resource: text.slice(from) }
}

/** A resource type that an ARN may be of, with what the type's ARN has in the fields. */
export interface ResourceTemplate {
  readonly type: ResourceType
  readonly region: string
  readonly account: string
  /** What the last field begins with, up to the first slash or colon after that: a pattern, where a variable part is `*`. */
  readonly kind: string
}

/**
 * The types that an ARN may be of, by how its last field begins. Not by all of it: the reference leaves forms out that AWS's own
 * policies use (`listener/awseb-*`), and ValidatePolicy finds nothing there.
 *
 * @returns undefined where nobody defines types of the service
 */
export function typesOfArn(
  authorization: ServiceAuthorization,
  arn: ResourceArn,
): readonly ResourceTemplate[] | undefined {
  const templates = templatesOf(authorization, arn.service)
  const kind = kindOf(arn.resource)
  return templates?.filter((template) => patternsMayMeet(template.kind, kind))
}

/** `function:name` → `function`; names of types compare without case, as `statemachine` in AWS's own policies does. */
function kindOf(resource: string): string {
  const pattern = resource.replace(/\$\{[^{}]*\}/g, '*').toLowerCase()
  const end = pattern.slice(1).search(/[/:]/) + 1
  return end === 0 ? pattern : pattern.slice(0, end)
}

const templatesByData = new WeakMap<ServiceAuthorization, Map<string, readonly ResourceTemplate[]>>()

function templatesOf(authorization: ServiceAuthorization, arnService: string): readonly ResourceTemplate[] | undefined {
  if (!Object.hasOwn(authorization.arnServices, arnService)) return undefined
  const known = templatesByData.get(authorization) ?? new Map<string, readonly ResourceTemplate[]>()
  templatesByData.set(authorization, known)
  const templates = known.get(arnService) ?? readTemplates(authorization, arnService)
  known.set(arnService, templates)
  return templates
}

function readTemplates(authorization: ServiceAuthorization, arnService: string): readonly ResourceTemplate[] {
  const prefixes = authorization.arnServices[arnService] ?? []
  return prefixes.flatMap((prefix) => {
    const types = authorization.service(prefix)?.resourceTypes.values() ?? []
    return [...types].flatMap((type) => {
      const arn = readResourceArn(type.arn)
      if (typeof arn === 'number' || arn.service !== arnService) return []
      return [{ type, region: arn.region, account: arn.account, kind: kindOf(arn.resource) }]
    })
  })
}
