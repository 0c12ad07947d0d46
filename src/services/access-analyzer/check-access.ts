import type {
  CheckAccessNotGrantedRequest,
  CheckAccessNotGrantedResponse,
  CheckNoNewAccessRequest,
  CheckNoNewAccessResponse,
  CheckNoPublicAccessRequest,
  CheckNoPublicAccessResponse,
  ReasonSummary,
} from '@aws-sdk/client-accessanalyzer'
import {
  type AccessCheck,
  checkAccessNotGranted as findGrantedAccess,
  checkNoNewAccess as findNewAccess,
  checkNoPublicAccess as findPublicAccess,
  type PolicyDocument,
  parsePolicy,
} from '../../policy/index.ts'
import { type AccessAnalyzerOperation, onEverything } from './dependencies.ts'
import { invalidDocument, invalidParameter } from './errors.ts'

/** PASS only where it is proved that the new policy allows nothing more; what is decided is said in src/policy/analysis/access-check.ts. */
export const checkNoNewAccess: AccessAnalyzerOperation<CheckNoNewAccessRequest, CheckNoNewAccessResponse> = {
  name: 'CheckNoNewAccess',
  requires: onEverything('CheckNoNewAccess'),
  async handle({ input }) {
    const after = readDocument('newPolicyDocument', input.newPolicyDocument)
    const before = readDocument('existingPolicyDocument', input.existingPolicyDocument)
    return answerOf(findNewAccess(after, before), after, {
      passed: 'The modified permissions do not grant new access compared to your existing policy.',
      failed: 'The modified permissions grant new access compared to your existing policy.',
      reason: 'New access in the statement with',
    })
  },
}

/** PASS only where it is proved that the policy allows none of the listed accesses. */
export const checkAccessNotGranted: AccessAnalyzerOperation<
  CheckAccessNotGrantedRequest,
  CheckAccessNotGrantedResponse
> = {
  name: 'CheckAccessNotGranted',
  requires: onEverything('CheckAccessNotGranted'),
  async handle({ input }) {
    const policy = readDocument('policyDocument', input.policyDocument)
    // An empty list says nothing, like one that is absent.
    const accesses = input.access.map(({ actions, resources }) => ({
      actions: actions?.length ? actions : undefined,
      resources: resources?.length ? resources : undefined,
    }))
    if (accesses.length === 0 || accesses.some(({ actions, resources }) => !actions && !resources)) {
      throw invalidParameter('The access object must list actions, resources or both.')
    }
    return answerOf(findGrantedAccess(policy, accesses), policy, {
      passed: 'The policy document does not grant access to perform the listed actions or resources.',
      failed: 'The policy document grants access to perform one or more of the listed actions or resources.',
      reason: 'One or more of the listed actions or resources in the statement with',
    })
  },
}

/** PASS only where it is proved that the policy lets in nobody whom it does not name; the same for every type of resource. */
export const checkNoPublicAccess: AccessAnalyzerOperation<CheckNoPublicAccessRequest, CheckNoPublicAccessResponse> = {
  name: 'CheckNoPublicAccess',
  requires: onEverything('CheckNoPublicAccess'),
  async handle({ input }) {
    const policy = readDocument('policyDocument', input.policyDocument)
    return answerOf(findPublicAccess(policy), policy, {
      passed: 'The resource policy does not grant public access for the given resource type.',
      failed: 'The resource policy grants public access for the given resource type.',
      reason: 'Public access granted in the following statement with',
    })
  },
}

/** AWS's texts, as its SDK's examples and its CLI reference show them. */
interface CheckTexts {
  readonly passed: string
  readonly failed: string
  /** Goes on with the statement's sid, or its index. */
  readonly reason: string
}

interface CheckAnswer {
  readonly result: 'PASS' | 'FAIL'
  readonly message: string
  readonly reasons?: ReasonSummary[]
}

function answerOf({ passes, statements }: AccessCheck, policy: PolicyDocument, texts: CheckTexts): CheckAnswer {
  if (passes) return { result: 'PASS', message: texts.passed }
  const reasons = statements.map((statementIndex): ReasonSummary => {
    const sid = policy.statements[statementIndex]?.sid?.value
    return sid
      ? { description: `${texts.reason} sid: ${sid}.`, statementId: sid, statementIndex }
      : { description: `${texts.reason} index: ${statementIndex}.`, statementIndex }
  })
  return { result: 'FAIL', message: texts.failed, reasons }
}

/** @throws AwsError `InvalidParameterException` for a text that is not a policy */
function readDocument(field: string, text: string): PolicyDocument {
  const { document, problems } = parsePolicy(text)
  if (document === undefined || problems.length > 0) throw invalidDocument(field, problems[0])
  return document
}
