import { type Constraint, matching, type ServiceConstraints } from '../../aws/constraints.ts'

/**
 * Limits of STS's input members.
 * Source: STS's service model, compared with it by test/constraints-parity.test.ts; anything else says where it is from.
 */
const TAG_CHARACTERS = '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]'
const DOCUMENT = '[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+'
/** As the model has it: the last range was meant for code points above U+FFFF, but `\u` takes four digits in Java too. */
const ARN_CHARACTERS = '[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u0085\\u00A0-\\uD7FF\\uE000-\\uFFFD\\u10000-\\u10FFFF]+'

const ARN: Constraint = { min: 20, max: 2048, ...matching(ARN_CHARACTERS) }
const ROLE_DURATION: Constraint = { min: 900, max: 43_200 }
const SESSION_NAME: Constraint = { min: 2, max: 64, ...matching('[\\w+=,.@-]*') }
const TAG_KEY: Constraint = { min: 1, max: 128, ...matching(`${TAG_CHARACTERS}+`) }

export const STS_CONSTRAINTS: ServiceConstraints = {
  error: { code: 'ValidationError', status: 400 },
  showsValue: true,
  table: {
    AccessKeyId: { min: 16, max: 128, ...matching('[\\w]*') },
    'AssumeRoleRequest.DurationSeconds': ROLE_DURATION,
    'AssumeRoleWithWebIdentityRequest.DurationSeconds': ROLE_DURATION,
    'GetSessionTokenRequest.DurationSeconds': { min: 900, max: 129_600 },
    EncodedMessage: { min: 1, max: 10_240 },
    ExternalId: { min: 2, max: 1224, ...matching('[\\w+=,.@:\\/-]*') },
    'AssumeRoleRequest.Policy': { min: 1, ...matching(DOCUMENT) },
    'AssumeRoleWithWebIdentityRequest.Policy': { min: 1, max: 2048, ...matching(DOCUMENT) },
    /** The model has no limit; "You can provide up to 10 managed policy ARNs" (API reference of both operations). */
    PolicyArns: { max: 10 },
    'PolicyDescriptorType.arn': ARN,
    ProvidedContexts: { min: 1, max: 5 },
    'ProvidedContext.ContextAssertion': { min: 4, max: 2048 },
    'ProvidedContext.ProviderArn': ARN,
    ProviderId: { min: 4, max: 2048 },
    RoleArn: ARN,
    RoleSessionName: SESSION_NAME,
    SerialNumber: { min: 9, max: 256, ...matching('[\\w+=/:,.@-]*') },
    SourceIdentity: SESSION_NAME,
    Tags: { max: 50 },
    'Tag.Key': TAG_KEY,
    'Tag.Value': { min: 0, max: 256, ...matching(`${TAG_CHARACTERS}*`) },
    TokenCode: { min: 6, max: 6, ...matching('[\\d]*') },
    TransitiveTagKeys: { max: 50, member: TAG_KEY },
    WebIdentityToken: { min: 4, max: 20_000 },
  },
}
