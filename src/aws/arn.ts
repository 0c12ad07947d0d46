/** Amazon Resource Name, split at its first five colons. */
export interface Arn {
  readonly partition: string
  readonly service: string
  readonly region: string
  readonly accountId: string
  /** Everything after the fifth colon, further colons included. */
  readonly resource: string
}

/**
 * Splits an ARN; wildcards and variables are kept as text.
 *
 * @returns undefined where the text is not `arn:` with six fields, the partition, service and resource of which are not empty
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
 */
export function parseArn(text: string): Arn | undefined {
  const fields = text.split(':')
  if (fields.length < 6 || fields[0] !== 'arn') return undefined
  const [, partition, service, region, accountId, ...resource] = fields
  if (!partition || !service || resource.join(':') === '') return undefined
  return { partition, service, region: region ?? '', accountId: accountId ?? '', resource: resource.join(':') }
}

/** The ARN of an IAM entity; IAM has no regions. `resource` is for example `role/my-path/my-role`. */
export function iamArn(accountId: string, resource: string): string {
  return `arn:aws:iam::${accountId}:${resource}`
}

/** Paths begin and end with `/`, so that they join a kind and a name. */
export function roleArn(accountId: string, path: string, roleName: string): string {
  return iamArn(accountId, `role${path}${roleName}`)
}

export function userArn(accountId: string, path: string, userName: string): string {
  return iamArn(accountId, `user${path}${userName}`)
}
