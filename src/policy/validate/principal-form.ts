import type { PrincipalType } from '../document/document.ts'

/**
 * The forms of principals that can be written in a policy. No wildcards but `*` alone; groups are no principals.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
export const PRINCIPAL_FORMS: Readonly<Record<PrincipalType, RegExp>> = {
  AWS: /^(?:\*|\d{12}|arn:[a-z-]+:iam::\d{12}:(?:root|(?:user|role)\/[^*?]+)|arn:[a-z-]+:sts::\d{12}:(?:assumed-role\/[^*?/]+\/[^*?/]+|federated-user\/[^*?/]+))$/,
  Federated:
    /^(?:arn:[a-z-]+:iam::\d{12}:(?:oidc|saml)-provider\/[^*?]+|cognito-identity\.amazonaws\.com|www\.amazon\.com|graph\.facebook\.com|accounts\.google\.com)$/,
  Service: /^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:amazonaws\.com(?:\.cn)?|amazon\.com)$/,
  CanonicalUser: /^[0-9a-f]{64}$/,
}
