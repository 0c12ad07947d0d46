export { type Access, type AccessCheck, checkAccessNotGranted, checkNoNewAccess } from './analysis/access-check.ts'
export { checkNoPublicAccess } from './analysis/public-access.ts'
export {
  type CompiledPolicy,
  type CompiledPolicySet,
  type CompileOptions,
  compilePolicy,
  compilePolicySet,
  compilePolicyText,
  singlePolicies,
} from './compile.ts'
export { contextOf } from './context.ts'
export type * from './document/document.ts'
export { formatPolicy } from './document/format.ts'
export type { Position, Span } from './document/json.ts'
export { type GrammarProblem, type GrammarProblemCode, type ParsedPolicy, parsePolicy } from './document/parse.ts'
export { evaluate } from './evaluate.ts'
export { explain } from './explain/explain.ts'
export type * from './explain/explanation.ts'
export type {
  Finding,
  FindingLocation,
  FindingPosition,
  FindingSpan,
  FindingType,
  PathElement,
} from './lint/finding.ts'
export { ISSUES as LINT_ISSUES, type IssueCode } from './lint/issue.ts'
export { type LintOptions, lintPolicy } from './lint/lint.ts'
export { LINT_RESOURCE_TYPES, type LintPolicyType, type LintResourceType } from './lint/rule.ts'
export {
  type AccessLevel,
  type ActionResource,
  type AuthorizedAction,
  type AuthorizedService,
  CONDITION_KEY_TYPES,
  type ConditionKey,
  type ConditionKeyType,
  findConditionKey,
  type ResourceType,
  type ServiceAuthorization,
} from './lint/service-authorization.ts'
export { OPEN_QUESTIONS, type OpenQuestion } from './open-questions.ts'
export type * from './request.ts'
export {
  type DocumentedRequest,
  REQUEST_MEMBERS,
  RequestDocumentError,
  readRequestDocument,
} from './request-document.ts'
export {
  POLICY_CHARACTERS_MAX,
  type PolicyProblem,
  policySizeCharacters,
  principalsOf,
} from './validate/policy-problem.ts'
export { invalidPrincipal } from './validate/trust-policy.ts'
export { type PolicyKind, type ValidateOptions, validatePolicy } from './validate/validate.ts'
