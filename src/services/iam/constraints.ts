import { type Constraint, matching, type ServiceConstraints } from '../../aws/constraints.ts'

/**
 * Limits of IAM's input members.
 * Source: IAM's service model, compared with it by test/constraints-parity.test.ts; anything else says where it is from.
 */
const NAME = '[\\w+=,.@-]+'
const TAG_CHARACTERS = '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]'

const ARN: Constraint = { min: 20, max: 2048 }
const ROLE_NAME: Constraint = { min: 1, max: 64, ...matching(NAME) }
const NEW_USER_NAME: Constraint = { min: 1, max: 64, ...matching(NAME) }
const EXISTING_USER_NAME: Constraint = { min: 1, max: 128, ...matching(NAME) }
const POLICY_NAME: Constraint = { min: 1, max: 128, ...matching(NAME) }
const PATH: Constraint = { min: 1, max: 512, ...matching('(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)') }
const PATH_PREFIX: Constraint = { min: 1, max: 512, ...matching('\\u002F[\\u0021-\\u007F]*') }
/** Linear in spite of the nesting: every round starts with a slash, which the inner class does not hold. */
const POLICY_PATH: Constraint = { min: 1, max: 512, ...matching('((/[A-Za-z0-9\\.,\\+@=_-]+)*)/') }
const POLICY_DOCUMENT: Constraint = { min: 1, max: 131_072, ...matching('[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+') }
const ROLE_DESCRIPTION: Constraint = {
  max: 1000,
  ...matching('[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]*'),
}
const TAG_KEY: Constraint = { min: 1, max: 128, ...matching(`${TAG_CHARACTERS}+`) }
const CLIENT_ID: Constraint = { min: 1, max: 255 }
const RESOURCE_NAME: Constraint = { min: 1, max: 2048 }

export const IAM_CONSTRAINTS: ServiceConstraints = {
  error: { code: 'ValidationError', status: 400 },
  showsValue: false,
  table: {
    ActionNames: { member: { min: 3, max: 128 } },
    CallerArn: RESOURCE_NAME,
    ContextKeyName: { min: 5, max: 256 },
    ContextKeyType: {
      enum: [
        ...['string', 'stringList', 'numeric', 'numericList', 'boolean', 'booleanList', 'ip', 'ipList'],
        ...['binary', 'binaryList', 'date', 'dateList'],
      ],
    },
    PermissionsBoundaryPolicyInputList: { member: POLICY_DOCUMENT },
    PolicyInputList: { member: POLICY_DOCUMENT },
    PolicySourceArn: ARN,
    ResourceArns: { member: RESOURCE_NAME },
    ResourceHandlingOption: { min: 1, max: 64 },
    ResourceOwner: RESOURCE_NAME,
    ResourcePolicy: POLICY_DOCUMENT,
    AccessKeyId: { min: 16, max: 128, ...matching('[\\w]+') },
    AssumeRolePolicyDocument: POLICY_DOCUMENT,
    ClientID: CLIENT_ID,
    ClientIDList: { member: CLIENT_ID },
    Description: ROLE_DESCRIPTION,
    'CreatePolicyRequest.Description': { max: 1000 },
    Marker: { min: 1, max: 320, ...matching('[\\u0020-\\u00FF]+') },
    MaxItems: { min: 1, max: 1000 },
    MaxSessionDuration: { min: 3600, max: 43_200 },
    OpenIDConnectProviderArn: ARN,
    Path: PATH,
    'CreatePolicyRequest.Path': POLICY_PATH,
    PathPrefix: POLICY_PATH,
    'ListRolesRequest.PathPrefix': PATH_PREFIX,
    'ListUsersRequest.PathPrefix': PATH_PREFIX,
    PermissionsBoundary: ARN,
    PolicyArn: ARN,
    PolicyDocument: POLICY_DOCUMENT,
    PolicyName: POLICY_NAME,
    PolicyUsageFilter: { enum: ['PermissionsPolicy', 'PermissionsBoundary'] },
    RoleName: ROLE_NAME,
    Scope: { enum: ['All', 'AWS', 'Local'] },
    Status: { enum: ['Active', 'Inactive', 'Expired'] },
    TagKeys: { max: 50, member: TAG_KEY },
    Tags: { max: 50 },
    'Tag.Key': TAG_KEY,
    'Tag.Value': { min: 0, max: 256, ...matching(`${TAG_CHARACTERS}*`) },
    ThumbprintList: { member: { min: 40, max: 40 } },
    Url: { min: 1, max: 255 },
    UserName: EXISTING_USER_NAME,
    'CreateUserRequest.UserName': NEW_USER_NAME,
    'AttachUserPolicyRequest.UserName': NEW_USER_NAME,
    'DetachUserPolicyRequest.UserName': NEW_USER_NAME,
    'ListAttachedUserPoliciesRequest.UserName': NEW_USER_NAME,
    VersionId: matching('v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?'),
  },
}
