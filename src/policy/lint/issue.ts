// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a text about policy variables
import type { Finding, FindingType } from './finding.ts'
import { locationOf } from './finding.ts'
import type { Place } from './policy-tree.ts'

interface Issue {
  readonly type: FindingType
  /** `<name>` is filled in. */
  readonly text: string
  /** Where several texts share a code. */
  readonly code?: string
}

const POLICY_CHECKS = 'https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html'

/**
 * Every issue that the lint finds, with Access Analyzer's code, type and text.
 *
 * Source: the user guide's policy check reference (of 2026, with the codes); where an answer of ValidatePolicy is recorded that
 * says more than the page (REDUNDANT_RESOURCE names the resource), its text. Rows that say "ours" have no text of AWS's.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
 */
export const ISSUES = {
  // Errors
  ARN_ACCOUNT_NOT_ALLOWED: {
    type: 'ERROR',
    text: 'The service <service> does not support specifying an account ID in the resource ARN.',
  },
  ARN_REGION_NOT_ALLOWED: {
    type: 'ERROR',
    text: 'The service <service> does not support specifying a Region in the resource ARN.',
  },
  DATA_TYPE_MISMATCH: {
    type: 'ERROR',
    text: 'The text does not match the expected JSON data type <dataType>.',
  },
  DUPLICATE_KEYS_WITH_DIFFERENT_CASE: {
    type: 'ERROR',
    text: 'The condition key <key> appears more than once with different capitalization in the same condition block. Remove the duplicate condition keys.',
  },
  INVALID_ACTION: { type: 'ERROR', text: 'The action <action> does not exist.<suggestion>' },
  INVALID_ARN_ACCOUNT: {
    type: 'ERROR',
    text: 'The resource ARN account ID <account> is not valid. Provide a 12-digit account ID.',
  },
  INVALID_ARN_PREFIX: { type: 'ERROR', text: 'Add the required prefix (arn) to the resource ARN.' },
  INVALID_ARN_REGION: {
    type: 'ERROR',
    text: 'The Region <region> is not valid for this resource. Update the resource ARN to include a supported Region.',
  },
  INVALID_ARN_RESOURCE: {
    type: 'ERROR',
    text: 'Resource ARN does not match the expected ARN format. Update the resource portion of the ARN.',
  },
  INVALID_ARN_SERVICE_CASE: {
    type: 'ERROR',
    text: 'Update the service name <service> in the resource ARN to use all lowercase letters.',
  },
  INVALID_CONDITION_DATA_TYPE: {
    type: 'ERROR',
    text: 'The condition value data types do not match. Use condition values of the same JSON data type.',
  },
  INVALID_CONDITION_KEY_FORMAT: {
    type: 'ERROR',
    text: 'The condition key format is not valid. Use the format service:keyname.',
  },
  INVALID_CONDITION_MULTIPLE_BOOLEAN: {
    type: 'ERROR',
    text: 'The condition key does not support multiple Boolean values. Use a single Boolean value.',
  },
  INVALID_CONDITION_OPERATOR: {
    type: 'ERROR',
    text: 'The condition operator <operator> is not valid. Use a valid condition operator.',
  },
  INVALID_EFFECT: { type: 'ERROR', text: 'The effect <effect> is not valid. Use Allow or Deny.' },
  INVALID_GLOBAL_CONDITION_KEY: {
    type: 'ERROR',
    text: 'The condition key <key> does not exist. Use a valid condition key.',
  },
  INVALID_PARTITION: {
    type: 'ERROR',
    text: 'The resource ARN for the service <service> does not support the partition <partition>. Use the supported values: <partitions>',
  },
  INVALID_POLICY_ELEMENT: { type: 'ERROR', text: 'The policy element <element> is not valid.' },
  INVALID_PRINCIPAL_FORMAT: {
    type: 'ERROR',
    text: 'The Principal element contents are not valid. Specify a key-value pair in the Principal element.',
  },
  INVALID_PRINCIPAL_KEY: { type: 'ERROR', text: 'The principal key <principalKey> is not valid.' },
  INVALID_REGION: {
    type: 'ERROR',
    text: 'The Region <region> is not valid. Update the condition value to a supported Region.',
  },
  INVALID_SERVICE: { type: 'ERROR', text: 'The service <service> does not exist. Use a valid service name.' },
  INVALID_SERVICE_CONDITION_KEY: {
    type: 'ERROR',
    text: 'The condition key <key> does not exist in the service <service>. Use a valid condition key.',
  },
  INVALID_SERVICE_IN_ACTION: {
    type: 'ERROR',
    text: 'The service <service> specified in the action does not exist.<suggestion>',
  },
  INVALID_VARIABLE_FOR_OPERATOR: {
    type: 'ERROR',
    text: 'Policy variables can only be used with String and ARN operators.',
  },
  INVALID_VERSION: {
    type: 'ERROR',
    text: 'The version <version> is not valid. Use one of the following versions: <versions>',
  },
  JSON_SYNTAX_ERROR: {
    type: 'ERROR',
    text: 'Fix the JSON syntax error at index <index> line <line> column <column>.',
  },
  MISSING_ACTION: { type: 'ERROR', text: 'Add an Action or NotAction element to the policy statement.' },
  MISSING_ARN_FIELD: {
    type: 'ERROR',
    text: 'Resource ARNs must include at least <fields> fields in the following structure: arn:partition:service:region:account:resource',
  },
  MISSING_ARN_REGION: { type: 'ERROR', text: 'Add a Region to the <service> resource ARN.' },
  MISSING_EFFECT: {
    type: 'ERROR',
    text: 'Add an Effect element to the policy statement with a value of Allow or Deny.',
  },
  MISSING_PRINCIPAL: { type: 'ERROR', text: 'Add a Principal element to the policy statement.' },
  MISSING_QUALIFIER: {
    type: 'ERROR',
    text: 'The request context key <key> has multiple values. Use the ForAllValues or ForAnyValue condition key qualifiers in your policy.',
  },
  MISSING_RESOURCE: { type: 'ERROR', text: 'Add a Resource or NotResource element to the policy statement.' },
  MISSING_STATEMENT: { type: 'ERROR', text: 'Add a statement to the policy' },
  NULL_WITH_IF_EXISTS: {
    type: 'ERROR',
    text: 'The Null condition operator cannot be used with the IfExists suffix. Update the operator or the suffix.',
  },
  SCP_SYNTAX_ERROR_ACTION_WILDCARD: {
    type: 'ERROR',
    text: 'SCP actions can include wildcards (*) only at the end of a string. Update <action>.',
  },
  SCP_SYNTAX_ERROR_PRINCIPAL: {
    type: 'ERROR',
    text: 'SCPs do not support specifying principals. Remove the Principal or NotPrincipal element.',
  },
  UNIQUE_SIDS_REQUIRED: {
    type: 'ERROR',
    text: 'Duplicate statement IDs are not supported for this policy type. Update the Sid value.',
  },
  UNSUPPORTED_ACTION_IN_POLICY: {
    type: 'ERROR',
    text: 'The action <action> is not supported for the resource-based policy attached to the resource type <resourceType>.',
  },
  UNSUPPORTED_ELEMENT_COMBINATION: {
    type: 'ERROR',
    text: 'The policy elements <element1> and <element2> can not be used in the same statement. Remove one of these elements.',
  },
  UNSUPPORTED_GLOBAL_CONDITION_KEY: {
    type: 'ERROR',
    text: 'The condition key aws:ARN is not supported. Use aws:PrincipalArn or aws:SourceArn instead.',
  },
  UNSUPPORTED_PRINCIPAL: {
    type: 'ERROR',
    text: 'The policy type <policyType> does not support the Principal element. Remove the Principal element.',
  },
  UNSUPPORTED_RESOURCE_ARN_IN_POLICY: {
    type: 'ERROR',
    text: 'The resource ARN is not supported for the resource-based policy attached to the resource type <resourceType>.',
  },
  UNSUPPORTED_SID: {
    type: 'ERROR',
    text: 'Update the characters in the Sid element to use one of the following character types: [a-z, A-Z, 0-9]',
  },
  UNSUPPORTED_WILDCARD_IN_PRINCIPAL: {
    type: 'ERROR',
    text: 'Wildcards (*, ?) are not supported with the principal key <principalKey>. Replace the wildcard with a valid principal value.',
  },
  MISSING_BRACE_IN_VARIABLE: {
    type: 'ERROR',
    text: 'The policy variable is missing a closing curly brace. Add } after the variable text.',
  },
  MISSING_QUOTE_IN_VARIABLE: {
    type: 'ERROR',
    text: 'The policy variable default value must begin and end with a single quote. Add the missing quote.',
  },
  UNSUPPORTED_SPACE_IN_VARIABLE: {
    type: 'ERROR',
    text: 'A space is not supported within the policy variable text. Remove the space.',
  },
  EMPTY_VARIABLE: {
    type: 'ERROR',
    text: 'Empty policy variable. Remove the ${ } variable structure or provide a variable within the structure.',
  },
  VARIABLE_UNSUPPORTED_IN_ELEMENT: {
    type: 'ERROR',
    text: 'Policy variables are supported in the Resource and Condition elements. Remove the policy variable <variable> from this element.',
  },
  VARIABLE_UNSUPPORTED_IN_VERSION: {
    type: 'ERROR',
    text: 'To include variables in your policy, use the policy version 2012-10-17 or later.',
  },
  PRIVATE_IP_ADDRESS: {
    type: 'ERROR',
    text: 'aws:SourceIp works only for public IP address ranges. The values for condition key aws:SourceIp include only private IP addresses and will not have the desired effect. Update the value to include only public IP addresses.',
  },
  PRIVATE_NOT_IP_ADDRESS: {
    type: 'ERROR',
    text: 'The values for condition key aws:SourceIp include only private IP addresses and has no effect. aws:SourceIp works only for public IP address ranges. Update the value to include only public IP addresses.',
  },
  POLICY_SIZE_EXCEEDS_SCP_QUOTA: {
    type: 'ERROR',
    text: 'The <policySize> characters in the service control policy (SCP) exceed the <policySizeQuota> character maximum for SCPs. We recommend that you use multiple granular policies.',
  },
  POLICY_SIZE_EXCEEDS_RCP_QUOTA: {
    type: 'ERROR',
    text: 'The <policySize> characters in the resource control policy (RCP) exceed the <policySizeQuota> character maximum for RCPs. We recommend that you use multiple granular policies.',
  },
  INVALID_SERVICE_PRINCIPAL_FORMAT: {
    type: 'ERROR',
    text: 'The service principal does not match the expected format. Use the format <expectedFormat>.',
  },
  MISSING_TAG_KEY_IN_CONDITION: {
    type: 'ERROR',
    text: 'The condition key <key> must include a tag key to control access based on tags. Use the format <key>tag-key and specify a key name for tag-key.',
  },
  INVALID_VPC_FORMAT: {
    type: 'ERROR',
    text: "The VPC identifier in the condition key value is not valid. Use the prefix 'vpc-' followed by 8 or 17 alphanumeric characters.",
  },
  INVALID_VPCE_FORMAT: {
    type: 'ERROR',
    text: "The VPCE identifier in the condition key value is not valid.  Use the prefix 'vpce-' followed by 8 or 17 alphanumeric characters.",
  },
  FEDERATED_PRINCIPAL_NOT_SUPPORTED: {
    type: 'ERROR',
    text: 'The policy type does not support a federated identity provider in the principal element. Use a supported principal.',
  },
  UNSUPPORTED_ACTION_FOR_CONDITION_KEY: {
    type: 'ERROR',
    text: 'The following actions: <actions> are not supported by the condition key <key>. The condition will not be evaluated for these actions. We recommend that you move these actions to a different statement without this condition key.',
  },
  UNSUPPORTED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL: {
    type: 'ERROR',
    text: 'The following condition keys are not supported when used with the service principal: <conditionKeys>.',
  },
  ROLE_TRUST_POLICY_SYNTAX_ERROR_NOTPRINCIPAL: {
    type: 'ERROR',
    text: 'Role trust policies do not support NotPrincipal. Update the policy to use a Principal element instead.',
  },
  ROLE_TRUST_POLICY_UNSUPPORTED_WILDCARD_IN_PRINCIPAL: {
    type: 'ERROR',
    text: '"Principal:" "*" is not supported in the principal element of a role trust policy. Replace the wildcard with a valid principal value.',
  },
  ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE: {
    type: 'ERROR',
    text: 'Role trust policies apply to the role that they are attached to. You cannot specify a resource. Remove the Resource or NotResource element.',
  },
  TYPE_MISMATCH_IP_RANGE: {
    type: 'ERROR',
    text: 'The condition operator <operator> is used with an invalid IP range value. Specify the IP range in standard CIDR format.',
  },
  MISSING_ACTION_FOR_CONDITION_KEY: {
    type: 'ERROR',
    text: 'The <action> action must be in the action block to allow setting values for the condition key <key>. Add <action> to the action block.',
  },
  INVALID_FEDERATED_PRINCIPAL_SYNTAX_IN_ROLE_TRUST_POLICY: {
    type: 'ERROR',
    text: 'The principal value specifies a federated principal that does not match the expected format. Update the federated principal to a domain name or a SAML metadata ARN.',
  },
  MISMATCHED_ACTION_FOR_PRINCIPAL: {
    type: 'ERROR',
    text: 'The <action> action is invalid with the following principal(s): <principals>. Use a SAML provider principal with the sts:AssumeRoleWithSAML action or use an OIDC provider principal with the sts:AssumeRoleWithWebIdentity action. Ensure the provider is Federated if you use either of the two options.',
  },
  MISSING_ACTION_FOR_ROLES_ANYWHERE_TRUST_POLICY: {
    type: 'ERROR',
    text: 'The rolesanywhere.amazonaws.com service principal requires the sts:AssumeRole, sts:SetSourceIdentity, and sts:TagSession permissions to assume a role. Add the missing permissions to the policy.',
  },
  RCP_SYNTAX_ERROR_PRINCIPAL: {
    type: 'ERROR',
    text: 'The Principal element contents are not valid. RCPs only support specifying all principals ("*") in the Principal element. The NotPrincipal element is not supported for RCPs.',
  },
  RCP_SYNTAX_ERROR_ALLOW: {
    type: 'ERROR',
    text: 'RCPs only support specifying all principals ("*") in the Principal element, all resources ("*") in the Resource element, and no Condition element with an effect of Allow.',
  },
  RCP_SYNTAX_ERROR_NOTACTION: {
    type: 'ERROR',
    text: 'RCPs do not support the NotAction element. Update to use the Action element.',
  },
  RCP_SYNTAX_ERROR_ACTION: {
    type: 'ERROR',
    text: 'RCPs only support specifying select service prefixes in the Action element. Learn more here.',
  },
  MISSING_ARN_ACCOUNT: {
    type: 'ERROR',
    text: 'The resource <resource> in the arn is missing an account id. Please provide a 12 digit account id.',
  },
  INVALID_KMS_KEY_VALUE: { type: 'ERROR', text: 'The <key> condition key value must be a valid KMS key ARN.' },
  VARIABLE_USAGE_TOO_PERMISSIVE: {
    type: 'ERROR',
    text: 'Overly permissive use of policy variable for the <key> condition key. Use the policy variable preceded by 6 consecutive characters.',
  },
  VARIABLE_IN_SENSITIVE_KEY: {
    code: 'VARIABLE_USAGE_TOO_PERMISSIVE',
    type: 'ERROR',
    text: 'The policy variable is not allowed in the condition key <key>. We consider the key to be sensitive and policy variables can be evaluated as effective wildcards. Therefore policy variables are not allowed to be used with sensitive keys. Refer to https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html for the list of sensitive keys.',
  },
  VARIABLE_IN_USER_ID: {
    code: 'VARIABLE_USAGE_TOO_PERMISSIVE',
    type: 'ERROR',
    text: 'Overly permissive use of policy variable with aws:userID. Use the policy variable on the right side of colon or as the only character on the left side of a colon.',
  },
  WILDCARD_USAGE_TOO_PERMISSIVE: {
    type: 'ERROR',
    text: 'Overly permissive use of wildcard for the <key> condition key. Use the wildcard preceded by 6 consecutive characters.',
  },
  WILDCARD_IN_SENSITIVE_KEY: {
    code: 'WILDCARD_USAGE_TOO_PERMISSIVE',
    type: 'ERROR',
    text: 'The wildcard is not allowed in the condition key <key>. We consider the key to be sensitive and wildcards are not allowed to be used with sensitive keys. Refer to https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html for the list of sensitive keys.',
  },
  WILDCARD_IN_USER_ID: {
    code: 'WILDCARD_USAGE_TOO_PERMISSIVE',
    type: 'ERROR',
    text: 'Overly permissive use of wildcard with aws:userID. Use the wildcard on the right side of colon or as the only character on the left side of a colon.',
  },

  // General warnings
  CREATE_SLR_WITH_NOT_RESOURCE: {
    type: 'WARNING',
    text: 'Using the iam:CreateServiceLinkedRole action with NotResource can allow creation of unintended service-linked roles for multiple resources. We recommend that you specify resource ARNs instead.',
  },
  CREATE_SLR_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE: {
    type: 'WARNING',
    text: 'Using an action with a wildcard(*) and NotResource can allow creation of unintended service-linked roles because it can allow iam:CreateServiceLinkedRole permissions on multiple resources. We recommend that you specify resource ARNs instead.',
  },
  CREATE_SLR_WITH_NOT_ACTION_AND_NOT_RESOURCE: {
    type: 'WARNING',
    text: 'Using NotAction with NotResource can allow creation of unintended service-linked roles because it allows iam:CreateServiceLinkedRole permissions on multiple resources. We recommend that you specify resource ARNs instead.',
  },
  CREATE_SLR_WITH_STAR_IN_RESOURCE: {
    type: 'WARNING',
    text: 'Using the iam:CreateServiceLinkedRole action with wildcards (*) in the resource can allow creation of unintended service-linked roles. We recommend that you specify resource ARNs instead.',
  },
  CREATE_SLR_WITH_STAR_IN_ACTION_AND_RESOURCE: {
    type: 'WARNING',
    text: 'Using wildcards (*) in the action and the resource can allow creation of unintended service-linked roles because it allows iam:CreateServiceLinkedRole permissions on all resources. We recommend that you specify resource ARNs instead.',
  },
  CREATE_SLR_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION: {
    type: 'WARNING',
    text: 'Using a resource with wildcards (*) and NotAction can allow creation of unintended service-linked roles because it allows iam:CreateServiceLinkedRole permissions on all resources. We recommend that you specify resource ARNs instead.',
  },
  DEPRECATED_GLOBAL_CONDITION_KEY: {
    type: 'WARNING',
    text: 'We recommend that you update aws:ARN to use the newer condition key aws:PrincipalArn.',
  },
  INVALID_DATE_VALUE: {
    type: 'WARNING',
    text: 'The date <date> might not resolve as expected. We recommend that you use the YYYY-MM-DD format.',
  },
  INVALID_ROLE_REFERENCE: {
    type: 'WARNING',
    text: 'The Principal element includes the IAM role ID <roleId>. We recommend that you use a role ARN instead.',
  },
  INVALID_USER_REFERENCE: {
    type: 'WARNING',
    text: 'The Principal element includes the IAM user ID <userId>. We recommend that you use a user ARN instead.',
  },
  MISSING_VERSION: {
    type: 'WARNING',
    text: 'We recommend that you specify the Version element to help you with debugging permission issues.',
  },
  UNIQUE_SIDS_RECOMMENDED: {
    type: 'WARNING',
    text: 'We recommend that you use statement IDs that are unique to your policy. Update the Sid value.',
  },
  WILDCARD_WITHOUT_LIKE_OPERATOR: {
    type: 'WARNING',
    text: 'Your condition value includes a * or ? character. If you meant to use a wildcard (*, ?), update the condition operator to include Like.',
  },
  POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA: {
    type: 'WARNING',
    text: 'The <policySize> characters in the identity policy, excluding whitespace, exceed the <policySizeQuota> character maximum for inline and managed policies. We recommend that you use multiple granular policies.',
  },
  /** Ours: ValidatePolicy has no type for session policies. */
  POLICY_SIZE_EXCEEDS_SESSION_POLICY_QUOTA: {
    code: 'POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA',
    type: 'WARNING',
    text: 'The <policySize> characters in the session policy exceed the <policySizeQuota> character maximum for the session policies of one request.',
  },
  POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA: {
    type: 'WARNING',
    text: 'The <policySize> characters in the resource policy exceed the <policySizeQuota> character maximum for resource policies. We recommend that you use multiple granular policies.',
  },
  POLICY_SIZE_EXCEEDS_ROLE_TRUST_POLICY_QUOTA: {
    type: 'WARNING',
    text: 'The characters in the role trust policy, excluding whitespace, exceed the character maximum. We recommend that you request a role trust policy length quota increase using Service Quotas and AWS Support Center. If the quotas have already been increased, then you can ignore this warning.',
  },
  TYPE_MISMATCH: {
    type: 'WARNING',
    text: 'Use the operator type <allowed> instead of operator <operator> for the condition key <key>.',
  },
  TYPE_MISMATCH_BOOLEAN: {
    type: 'WARNING',
    text: 'Add a valid Boolean value (true or false) for the condition operator <operator>.',
  },
  TYPE_MISMATCH_DATE: {
    type: 'WARNING',
    text: 'The date condition operator is used with an invalid value. Specify a valid date using YYYY-MM-DD or other ISO 8601 date/time format.',
  },
  TYPE_MISMATCH_NUMBER: { type: 'WARNING', text: 'Add a valid numeric value for the condition operator <operator>.' },
  TYPE_MISMATCH_STRING: {
    type: 'WARNING',
    text: 'Add a valid base64-encoded string value for the condition operator <operator>.',
  },
  SPECIFIC_GITHUB_REPO_AND_BRANCH_RECOMMENDED: {
    type: 'WARNING',
    text: 'Using a wildcard (*) in token.actions.githubusercontent.com:sub can allow requests from more sources than you intended. Specify the value of token.actions.githubusercontent.com:sub with the repository and branch name. If the subject claim does not include the branch, specify it in a token.actions.githubusercontent.com:ref condition key.',
  },
  RCP_MISSING_RELATED_PRINCIPAL_CONDITION_KEY: {
    type: 'WARNING',
    text: 'RCPs impact IAM roles, users, and AWS service principals. To prevent unintended impact to services acting on your behalf using a service principal, an additional statement should be added to the Condition block "BoolIfExists": { "aws:PrincipalIsAWSService": "false"} whenever a principal key <key> is used.',
  },
  RCP_MISSING_RELATED_SERVICE_PRINCIPAL_CONDITION_KEY: {
    type: 'WARNING',
    text: 'RCPs impact IAM roles, users, and AWS service principals. To prevent unintended impact to your principals, an additional statement should be added to the Condition block "BoolIfExists": { "aws:PrincipalIsAWSService": "true"} whenever the key <key> is used.',
  },
  RCP_MISSING_SERVICE_CONDITION_KEY_NULL_CHECK: {
    type: 'WARNING',
    text: 'The specified service may have a service integration that does not require the use of the <key> condition key. To prevent unintended impact to services acting on your behalf using a service principal, an additional statement should be added to the Condition block "Null": { "aws:SourceAccount": "false"} or "Null": { "aws:SourceArn": "false"} whenever the key <key> is used.',
  },
  USE_CONDITION_KEY_ONLY_WITH_SUPPORTED_SERVICES: {
    type: 'WARNING',
    text: 'The condition key <key> works only with specific AWS services and must be scoped to supported services in your policies.',
  },

  // Security warnings
  UNTRUSTWORTHY_CONDITION_KEY: {
    type: 'SECURITY_WARNING',
    text: 'The <key> condition key is not recommended for access control as it can be spoofed/manipulated by the caller.',
  },
  ALLOW_WITH_NOT_PRINCIPAL: {
    type: 'SECURITY_WARNING',
    text: 'Using Allow with NotPrincipal can be overly permissive. We recommend that you use Principal instead.',
  },
  FORALLVALUES_WITH_SINGLE_VALUED_KEY: {
    type: 'SECURITY_WARNING',
    text: 'Using ForAllValues qualifier with the single-valued condition key <key> can be overly permissive. We recommend that you remove ForAllValues:.',
  },
  PASS_ROLE_WITH_NOT_RESOURCE: {
    type: 'SECURITY_WARNING',
    text: 'Using the iam:PassRole action with NotResource can be overly permissive because it can allow iam:PassRole permissions on multiple resources. We recommend that you specify resource ARNs instead.',
  },
  PASS_ROLE_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE: {
    type: 'SECURITY_WARNING',
    text: 'Using an action with a wildcard (*) and NotResource can be overly permissive because it can allow iam:PassRole permissions on multiple resources. We recommend that you specify resource ARNs instead.',
  },
  PASS_ROLE_WITH_NOT_ACTION_AND_NOT_RESOURCE: {
    type: 'SECURITY_WARNING',
    text: 'Using NotAction with NotResource can be overly permissive because it can allow iam:PassRole permissions on multiple resources.. We recommend that you specify resource ARNs instead.',
  },
  PASS_ROLE_WITH_STAR_IN_RESOURCE: {
    type: 'SECURITY_WARNING',
    text: 'Using the iam:PassRole action with wildcards (*) in the resource can be overly permissive because it allows iam:PassRole permissions on multiple resources. We recommend that you specify resource ARNs or add the iam:PassedToService condition key to your statement.',
  },
  PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE: {
    type: 'SECURITY_WARNING',
    text: 'Using wildcards (*) in the action and the resource can be overly permissive because it allows iam:PassRole permissions on all resources. We recommend that you specify resource ARNs or add the iam:PassedToService condition key to your statement.',
  },
  PASS_ROLE_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION: {
    type: 'SECURITY_WARNING',
    text: 'Using a resource with wildcards (*) and NotAction can be overly permissive because it allows iam:PassRole permissions on all resources. We recommend that you specify resource ARNs or add the iam:PassedToService condition key to your statement.',
  },
  MISSING_PAIRED_CONDITION_KEYS: {
    type: 'SECURITY_WARNING',
    text: 'Using the condition key <key> can be overly permissive without also using the following condition keys: <recommendedKeys>. Condition keys like this one are more secure when paired with a related key. We recommend that you add the related condition keys to the same condition block.',
  },
  DENY_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE: {
    type: 'SECURITY_WARNING',
    text: 'Using the effect Deny with the tag condition key <key> and actions for services with the following prefixes can be overly permissive: <services>. Actions for the listed services are not denied by this statement. We recommend that you move these actions to a different statement without this condition key.',
  },
  DENY_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE: {
    type: 'SECURITY_WARNING',
    text: "Using the effect Deny with NotAction and the tag condition key <key> can be overly permissive because some service actions are not denied by this statement. This is because the condition key doesn't apply to some service actions. We recommend that you use Action instead of NotAction.",
  },
  RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL: {
    type: 'SECURITY_WARNING',
    text: 'Granting access to a service principal without specifying a source is overly permissive. Use aws:SourceArn, aws:SourceAccount, aws:SourceOrgID, or aws:SourceOrgPaths condition key to grant fine-grained access.',
  },
  MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL: {
    type: 'SECURITY_WARNING',
    text: 'Using an Open ID Connect principal without a condition can be overly permissive. Add condition keys with a prefix that matches your federated OIDC principals to ensure that only the intended identity provider assumes the role.',
  },
  MISSING_GITHUB_REPO_CONDITION_KEY: {
    type: 'SECURITY_WARNING',
    text: 'Granting a federated GitHub principal permissions without a condition key can allow more sources to assume the role than you intended. Add the token.actions.githubusercontent.com:sub condition key and specify the branch and repository name in the value.',
  },
  STRING_LIKE_OPERATOR_WITH_ARN_CONDITION_KEYS: {
    type: 'SECURITY_WARNING',
    text: 'Use the operator type <allowed> instead of operator <operator> for the condition key <key>.',
  },
  DYNAMODB_ATTRIBUTES_WITHOUT_SELECT: {
    type: 'SECURITY_WARNING',
    text: 'Restricting dynamodb:Attributes without also setting dynamodb:Select to SPECIFIC_ATTRIBUTES allows all attributes to be returned on read requests that omit a projection expression. We recommend that you also set dynamodb:Select to SPECIFIC_ATTRIBUTES.',
  },
  S3_PREFIX_IN_NEGATIVE_CONTEXT: {
    type: 'SECURITY_WARNING',
    text: 'Using the s3:prefix condition key in a Deny statement or with a negated string operator does not block listing the objects under the matching prefixes. A request that specifies a shorter prefix does not match the condition and can still list those objects. To restrict listing to specific prefixes, use s3:prefix with StringLike in an Allow statement, or use a Deny statement with StringNotLike.',
  },
  FORANYVALUE_WITH_AUDIENCE_CLAIM_TYPE: {
    type: 'SECURITY_WARNING',
    text: 'Using ForAnyValue qualifier with the single-valued condition key <key> can be overly permissive. We recommend that you remove ForAnyValue:.',
  },

  // Suggestions
  EMPTY_ARRAY_ACTION: {
    type: 'SUGGESTION',
    text: 'This statement includes no actions and does not affect the policy. Specify actions.',
  },
  EMPTY_ARRAY_CONDITION: {
    type: 'SUGGESTION',
    text: 'There are no values for the condition key <key> and it does not affect the policy. Specify conditions.',
  },
  EMPTY_ARRAY_CONDITION_FORALLVALUES: {
    type: 'SUGGESTION',
    text: 'The ForAllValues prefix with an empty condition key matches only if the key <key> is missing from the request context. To determine if the request context is empty, we recommend that you use the Null condition operator with the value of true instead.',
  },
  EMPTY_ARRAY_CONDITION_FORANYVALUE: {
    type: 'SUGGESTION',
    text: 'The ForAnyValue prefix with an empty condition key <key> never matches the request context and it does not affect the policy. Specify conditions.',
  },
  EMPTY_ARRAY_CONDITION_IFEXISTS: {
    type: 'SUGGESTION',
    text: 'The IfExists suffix with an empty condition key matches only if the key <key> is missing from the request context. To determine if the request context is empty, we recommend that you use the Null condition operator with the value of true instead.',
  },
  EMPTY_ARRAY_PRINCIPAL: {
    type: 'SUGGESTION',
    text: 'This statement includes no principals and does not affect the policy. Specify principals.',
  },
  EMPTY_ARRAY_RESOURCE: {
    type: 'SUGGESTION',
    text: 'This statement includes no resources and does not affect the policy. Specify resources.',
  },
  EMPTY_OBJECT_CONDITION: {
    type: 'SUGGESTION',
    text: 'This condition block is empty and it does not affect the policy. Specify conditions.',
  },
  EMPTY_OBJECT_PRINCIPAL: {
    type: 'SUGGESTION',
    text: 'This statement includes no principals and does not affect the policy. Specify principals.',
  },
  EMPTY_SID_VALUE: { type: 'SUGGESTION', text: 'Add a value to the empty string in the Sid element.' },
  EQUIVALENT_TO_NULL_FALSE: {
    type: 'SUGGESTION',
    text: 'We recommend replacing the key <key> in the condition block of <operator> with {<key>: false} to ensure better enforcement of the condition.',
  },
  EQUIVALENT_TO_NULL_TRUE: {
    type: 'SUGGESTION',
    text: 'We recommend replacing the key <key> in the condition block of <operator> with {<key>: true} to ensure better enforcement of the condition.',
  },
  IMPROVE_IP_RANGE: {
    type: 'SUGGESTION',
    text: 'The non-zero bits in the IP address after the masked bits are ignored. Replace address with <address>.',
  },
  NULL_WITH_QUALIFIER: {
    type: 'SUGGESTION',
    text: 'Avoid using the Null condition operator with the ForAllValues or ForAnyValue qualifiers because they always return a true or false respectively.',
  },
  PRIVATE_IP_ADDRESS_SUBSET: {
    type: 'SUGGESTION',
    text: 'The values for condition key aws:SourceIp include a mix of private and public IP addresses. The private addresses will not have the desired effect. aws:SourceIp works only for public IP address ranges. To define permissions for private IP ranges, use aws:VpcSourceIp.',
  },
  PRIVATE_NOT_IP_ADDRESS_SUBSET: {
    type: 'SUGGESTION',
    text: 'The values for condition key aws:SourceIp include a mix of private and public IP addresses. The private addresses have no effect. aws:SourceIp works only for public IP address ranges. To define permissions for private IP ranges, use aws:VpcSourceIp.',
  },
  REDUNDANT_ACTION: {
    type: 'SUGGESTION',
    text: 'The <count> action(s) are redundant because they provide similar permissions. Update the policy to remove the redundant action such as: <action>.',
  },
  REDUNDANT_CONDITION_VALUE_NUM: {
    type: 'SUGGESTION',
    text: 'Multiple values in <operator> are redundant. Replace with the <extreme> single value for <key>.',
  },
  REDUNDANT_RESOURCE: {
    type: 'SUGGESTION',
    text: 'The <count> resource ARN(s) are redundant because they reference the same resource. Review the use of wildcards (*), or remove the resource <resource> to remove the redundancy.',
  },
  REDUNDANT_STATEMENT: {
    type: 'SUGGESTION',
    text: 'The statements are redundant because they provide identical permissions. Update the policy to remove the redundant statement.',
  },
  WILDCARD_IN_SERVICE_NAME: {
    type: 'SUGGESTION',
    text: 'Avoid using wildcards (*, ?) in the service name because it might grant unintended access to other AWS services with similar names.',
  },
  ALLOW_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE: {
    type: 'SUGGESTION',
    text: 'Using the effect Allow with the tag condition key <key> and actions for services with the following prefixes does not affect the policy: <services>. Actions for the listed service are not allowed by this statement. We recommend that you move these actions to a different statement without this condition key.',
  },
  ALLOW_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE: {
    type: 'SUGGESTION',
    text: "Using the effect Allow with NotAction and the tag condition key <key> allows only service actions that support the condition key. The condition key doesn't apply to some service actions. We recommend that you use Action instead of NotAction.",
  },
  RECOMMENDED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL: {
    type: 'SUGGESTION',
    text: 'To restrict access to the service principal <servicePrincipal> operating on your behalf, we recommend aws:SourceArn, aws:SourceAccount, aws:SourceOrgID, or aws:SourceOrgPaths instead of <key>.',
  },
  IRRELEVANT_CONDITION_KEY_IN_POLICY: {
    type: 'SUGGESTION',
    text: 'The condition key <key> is not relevant for the <resourceType> policy.  Use this key in an identity-based policy to govern access to this resource.',
  },
  REDUNDANT_KEY_DUE_TO_WILDCARD_IN_CONDITION: {
    type: 'SUGGESTION',
    text: 'The key <key> in the condition block of <operator> is redundant because it is always matched. Remove this key to simplify the condition.',
  },
  REDUNDANT_PRINCIPAL_IN_ROLE_TRUST_POLICY: {
    type: 'SUGGESTION',
    text: 'The assumed-role principal <session> is redundant with its parent role <role>. Remove the assumed-role principal.',
  },
  REDUNDANT_STATEMENT_DUE_TO_WILDCARD_IN_CONDITION: {
    type: 'SUGGESTION',
    text: 'The key <key> in the condition block of <operator> does not match any values. Remove this key to simplify the condition.',
  },
  CONFIRM_AUDIENCE_CLAIM_TYPE: {
    type: 'SUGGESTION',
    text: 'The "<key>" (<audienceType>) claim key identifies the recipients that the JSON web token is intended for. Because this claim is single-valued, do not use a qualifier.',
  },
} as const satisfies Readonly<Record<string, Issue>>

/** A row of the table: a code, or one of several texts of a code. */
export type IssueName = keyof typeof ISSUES

type CodeOf<Name extends IssueName> = (typeof ISSUES)[Name] extends { readonly code: infer Code } ? Code : Name

export type IssueCode = CodeOf<IssueName>

type SlotsOf<Text extends string> = Text extends `${string}<${infer Slot}>${infer Rest}` ? Slot | SlotsOf<Rest> : never

type Slots<Name extends IssueName> = Readonly<Record<SlotsOf<(typeof ISSUES)[Name]['text']>, string | number>>

/** Longest text of the policy that is repeated in a message, in UTF-16 units. */
const SHOWN_CHARACTERS_MAX = 256

/** Makes a finding: fills the issue's text in and names the places. */
export function finding<Name extends IssueName>(name: Name, slots: Slots<Name>, ...places: readonly Place[]): Finding {
  const issue: Issue = ISSUES[name]
  const code = issue.code ?? name
  const filled = new Map(Object.entries<string | number>(slots))
  return {
    findingType: issue.type,
    issueCode: code as IssueCode,
    findingDetails: issue.text.replace(/<(\w+)>/g, (_, slot: string) => shown(String(filled.get(slot) ?? ''))),
    learnMoreLink: `${POLICY_CHECKS}#access-analyzer-reference-policy-checks-${anchorOf(issue.type, code)}`,
    locations: places.map(locationOf),
  }
}

function shown(text: string): string {
  return text.length <= SHOWN_CHARACTERS_MAX ? text : `${text.slice(0, SHOWN_CHARACTERS_MAX)}…`
}

function anchorOf(type: FindingType, code: string): string {
  const kind = type === 'WARNING' ? 'general-warning' : type.toLowerCase().replaceAll('_', '-')
  return `${kind}-${code.toLowerCase().replaceAll('_', '-')}`
}
