import type { Located } from '../document/document.ts'
import { compileGlob, globMatches, globTokens } from '../match/glob.ts'
import { type PolicyProblem, problem } from './policy-problem.ts'

const PARTITION = 'aws'

const IAM_RESOURCE_TYPES = [
  'user/',
  'federated-user/',
  'role/',
  'group/',
  'instance-profile/',
  'mfa/',
  'server-certificate/',
  'policy/',
  'sms-mfa/',
  'saml-provider/',
  'oidc-provider/',
  'report/',
  'access-report/',
]

/** Checks one value of Resource or NotResource. Texts: section 12.1 of the project's facts about policies. */
export function validateResource(text: Located<string>): PolicyProblem | undefined {
  const { value } = text
  if (value === '*') return undefined
  const [prefix, partition = '', service = '', region, , ...rest] = value.split(':')
  if (prefix !== 'arn' || !value.includes(':')) {
    return problem(`Resource ${value} must be in ARN format or "*".`, text)
  }
  if (!globMatches(compileGlob(globTokens(partition)), PARTITION)) {
    return problem(`Partition "${partition}" is not valid for resource "${padded(value)}".`, text)
  }
  if (value.split(':').length < 3 || /[*?]/.test(service)) {
    return problem('Resource vendor must be fully qualified and cannot contain regexes.', text)
  }
  if (service === 'iam') return validateIamResource(text, region, rest.join(':'))
  if (service === 's3') return validateS3Resource(text)
  return undefined
}

function validateIamResource(
  text: Located<string>,
  region: string | undefined,
  path: string,
): PolicyProblem | undefined {
  if (region !== '') return problem(`IAM resource ${text.value} cannot contain region information.`, text)
  // The root user is newer than the text: sts:AssumeRoot is granted on it.
  if (path === '*' || path === 'root' || IAM_RESOURCE_TYPES.some((type) => path.startsWith(type))) return undefined
  const types = IAM_RESOURCE_TYPES.join(', ')
  return problem(`IAM resource path must either be "*" or start with ${types}.`, text)
}

/** Buckets and objects have neither region nor account; access points have both (`arn:aws:s3:us-west-2:123456789012:accesspoint/name`). */
function validateS3Resource(text: Located<string>): PolicyProblem | undefined {
  const [, , , region, account] = text.value.split(':')
  if (region === '' || (region && account)) return undefined
  return problem(`Resource ${text.value} can not contain region information.`, text)
}

/** A short ARN is shown with `*` in each field that is not there. */
function padded(value: string): string {
  const fields = value.split(':')
  while (fields.length < 6) fields.push('*')
  return fields.join(':')
}
