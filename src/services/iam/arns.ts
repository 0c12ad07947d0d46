import { iamArn, parseArn } from '../../aws/arn.ts'
import { AwsError } from '../../aws/aws-error.ts'
import { VALIDATION_ERROR } from '../../aws/error-codes.ts'

/** @param path  begins and ends with `/` */
export function policyArn(accountId: string, path: string, policyName: string): string {
  return iamArn(accountId, `policy${path}${policyName}`)
}

/** @param url  of the issuer, with or without scheme: the ARN has host and path */
export function oidcProviderArn(accountId: string, url: string): string {
  return iamArn(accountId, `oidc-provider/${url.replace(/^https?:\/\//, '')}`)
}

export interface PolicyArn {
  readonly arn: string
  readonly isAwsManaged: boolean
  readonly policyName: string
}

const POLICY_RESOURCE = /^policy\/(?:[\x21-\x7e]*\/)?([\w+=,.@-]{1,128})$/

/**
 * Reads the ARN of a managed policy, of an account or of AWS.
 * @throws AwsError `ValidationError` with the texts of AWS (the first recorded, the second as users report it)
 */
export function parsePolicyArn(text: string): PolicyArn {
  const arn = parseArn(text)
  if (!arn) throw new AwsError(VALIDATION_ERROR, 'Invalid ARN:  Could not be parsed!')
  const policyName = POLICY_RESOURCE.exec(arn.resource)?.[1]
  const isOfIam = arn.partition === 'aws' && arn.service === 'iam' && arn.region === ''
  if (!isOfIam || !policyName || !/^(?:\d{12}|aws)$/.test(arn.accountId)) {
    throw new AwsError(VALIDATION_ERROR, `ARN ${text} is not valid.`)
  }
  return { arn: text, isAwsManaged: arn.accountId === 'aws', policyName }
}

/** The name by which AWS compares names: without case. */
export function nameKey(name: string): string {
  return name.toLowerCase()
}
