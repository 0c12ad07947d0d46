import type { SimulateCustomPolicyRequest } from '@aws-sdk/client-iam'
import type { Present } from '../../../access/present.ts'
import { AwsError } from '../../../aws/aws-error.ts'
import { INVALID_INPUT } from '../../../aws/error-codes.ts'
import { checkHandlingOption } from './resource-handling-option.ts'
import { EVERY_RESOURCE } from './resource-template.ts'
import { givenPolicy, type SimulatedPolicy } from './simulated-policy.ts'
import type { SimulatedPrincipal } from './simulation.ts'

/** Actions and resources of one call. Our own limits; the model has none. */
const ACTIONS_MAX = 5_000
const RESOURCES_MAX = 1_000

type Input = Present<SimulateCustomPolicyRequest>

/** @throws AwsError `InvalidInput` for a name without service or with a wildcard */
export function simulatedActions({ ActionNames }: Pick<Input, 'ActionNames'>): readonly string[] {
  if (ActionNames.length === 0) throw invalidInput('ActionNames must not be empty.')
  if (ActionNames.length > ACTIONS_MAX)
    throw invalidInput(`At most ${ACTIONS_MAX} ActionNames can be simulated at a time.`)
  const wrong = ActionNames.find((name) => !/^[A-Za-z0-9-]+:[A-Za-z0-9_-]+$/.test(name))
  if (wrong !== undefined) {
    throw invalidInput(`Invalid Action Name: ${wrong}. It must have the form service:Action, without wildcards.`)
  }
  return ActionNames
}

/** @returns `*` alone where no resource is named @throws AwsError `InvalidInput`, as recorded from AWS for what is no ARN */
export function simulatedResources(input: Pick<Input, 'ResourceArns' | 'ResourceHandlingOption'>): readonly string[] {
  const { ResourceArns = [], ResourceHandlingOption } = input
  const resources = ResourceArns.length === 0 ? [EVERY_RESOURCE] : ResourceArns
  if (resources.length > RESOURCES_MAX)
    throw invalidInput(`At most ${RESOURCES_MAX} ResourceArns can be simulated at a time.`)
  const isArn = (text: string) => /^arn:[^:]*:[^:]+:[^:]*:[^:]*:.+$/s.test(text)
  const wrong = resources.find((text) => !isArn(text) && !(text === EVERY_RESOURCE && resources.length === 1))
  if (wrong !== undefined) throw invalidInput(`ResourceNames are not in a valid ARN format: ${wrong}.`)
  if (ResourceHandlingOption !== undefined) checkHandlingOption(ResourceHandlingOption, resources)
  return [...new Set(resources)]
}

/** @throws AwsError `InvalidInput`, as recorded from AWS */
export function simulatedOwner({ ResourceOwner }: Pick<Input, 'ResourceOwner'>): string | undefined {
  if (ResourceOwner === undefined) return undefined
  const accountId = /^arn:aws:iam::(\d{12}):root$/.exec(ResourceOwner)?.[1]
  if (accountId === undefined) throw invalidInput(`'${ResourceOwner}' is not a valid as a Resource Owner.`)
  return accountId
}

/** Policies of an identity, as the request gives them. @throws AwsError `InvalidInput` */
export function givenPolicies(list: readonly string[] = []): readonly SimulatedPolicy[] {
  return list.map((text, index) => givenPolicy(text, `PolicyInputList.${index + 1}`, 'IAM Policy', 'identity'))
}

/** @throws AwsError `InvalidInput` also where there is more than one */
export function givenBoundary(list: readonly string[] = []): SimulatedPolicy | undefined {
  const [text] = list
  if (list.length > 1) throw invalidInput('PermissionsBoundaryPolicyInputList can have one policy only.')
  if (text === undefined) return undefined
  return givenPolicy(text, 'PermissionsBoundaryPolicyInputList.1', 'Permissions Boundary Policy', 'identity')
}

/** @throws AwsError `InvalidInput` also where no caller is there for its Principal elements */
export function givenResourcePolicy(
  { ResourcePolicy }: Pick<Input, 'ResourcePolicy'>,
  caller: SimulatedCaller | undefined,
): SimulatedPolicy | undefined {
  if (ResourcePolicy === undefined) return undefined
  if (caller === undefined) throw invalidInput('Invalid caller - Caller cannot be null or empty.')
  if (caller.kind === 'group') throw invalidInput('Invalid caller - Caller must be an IAM user in this context.')
  return givenPolicy(ResourcePolicy, 'ResourcePolicy', 'Resource Policy', 'resource')
}

/** Service control policies by level, root first. @throws AwsError `InvalidInput` */
export function givenServiceControl(
  levels: Input['OrderedOrganizationPolicyInputList'],
): readonly (readonly SimulatedPolicy[])[] | undefined {
  return levels?.map(({ ServiceControlPolicyInputList = [] }, level) =>
    ServiceControlPolicyInputList.map((text, index) => {
      const id = `OrderedOrganizationPolicyInputList.${level + 1}.ServiceControlPolicyInputList.${index + 1}`
      return givenPolicy(text, id, 'Service Control Policy', 'service-control')
    }),
  )
}

/** An IAM user, role or group, by its ARN. */
export interface SimulatedCaller {
  readonly kind: 'user' | 'role' | 'group'
  readonly arn: string
  readonly accountId: string
  readonly name: string
}

/** @throws AwsError `InvalidInput`, as recorded from AWS */
export function parseCaller(arn: string): SimulatedCaller {
  const [, accountId, kind, name] =
    /^arn:aws:iam::(\d{12}):(user|role|group)\/(?:[\x21-\x7e]*\/)?([\w+=,.@-]{1,128})$/.exec(arn) ?? []
  if (accountId === undefined || name === undefined || !isKind(kind)) {
    throw invalidInput(`Invalid Entity Arn: ${arn} does not clearly define entity type and name.`)
  }
  return { kind, arn, accountId, name }
}

function isKind(kind: string | undefined): kind is SimulatedCaller['kind'] {
  return kind === 'user' || kind === 'role' || kind === 'group'
}

/**
 * The principal that the policies are asked for. A group is none; its policies are asked for somebody who is in it, and nobody
 * else's policies name that one.
 */
export function principalOf(caller: SimulatedCaller | undefined, accountId: string, id?: string): SimulatedPrincipal {
  if (caller === undefined || caller.kind === 'group') {
    return { type: 'user', accountId: caller?.accountId ?? accountId, arn: `arn:aws:iam::${accountId}:user/` }
  }
  return { type: caller.kind, accountId: caller.accountId, arn: caller.arn, ...(id === undefined ? {} : { id }) }
}

function invalidInput(message: string): AwsError {
  return new AwsError(INVALID_INPUT, message)
}
