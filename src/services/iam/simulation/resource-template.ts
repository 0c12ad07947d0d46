import type { AuthorizedService, ServiceAuthorization } from '../../../policy/index.ts'

/** What stands for any resource, also in answers about actions that have none. */
export const EVERY_RESOURCE = '*'

/**
 * The ARN template of the resources that an action is about: of the type that the given ARN is of, else the plainest one (an
 * object's rather than an access point's).
 *
 * @param resource  an ARN or `*`
 * @returns `arn:${Partition}:s3:::${BucketName}/${KeyName}`; `*` where the action has no resource type, or is not known
 */
export function resourceTemplate(authorization: ServiceAuthorization, action: string, resource: string): string {
  const [prefix = '', name = ''] = action.toLowerCase().split(':')
  const service = authorization.service(prefix)
  const types = service?.actions.get(name)?.resourceTypes ?? []
  const templates = types.flatMap((type) => templateOf(service, type.name))
  const [plainest = EVERY_RESOURCE] = templates.toSorted((a, b) => a.length - b.length)
  return templates.find((template) => isOfTemplate(resource, template)) ?? plainest
}

function templateOf(service: AuthorizedService | undefined, type: string): readonly string[] {
  const template = service?.resourceTypes.get(type)?.arn
  return template === undefined ? [] : [template]
}

/**
 * Whether an ARN is of a template: the service agrees, and the literal parts of the resource stand in it in order. Enough to
 * tell the types of one service apart; which of two is meant where both fit, nobody could say.
 */
function isOfTemplate(arn: string, template: string): boolean {
  const [fields, templateFields] = [arn.split(':'), template.split(':')]
  if (fields[2] !== templateFields[2]) return false
  const resource = fields.slice(5).join(':')
  const literals = templateFields
    .slice(5)
    .join(':')
    .split(/\$\{[^}]*\}/)
  const [head = '', ...rest] = literals
  if (!resource.startsWith(head)) return false
  if (rest.length === 0) return resource === head
  let place = head.length
  for (const literal of rest) {
    if (literal === '') continue
    const found = resource.indexOf(literal, place)
    if (found < 0) return false
    place = found + literal.length
  }
  // A bucket's template would fit its objects: what stands for one name holds no slash.
  return rest.length > 1 || head.includes('/') || !resource.slice(head.length).includes('/')
}
