import { type AskedPolicy, type DenialExplanation, explainDenial } from '../../../access/denials/denial-explanation.ts'
import { AwsError } from '../../../aws/aws-error.ts'
import type { ElementExplanation, Explanation, Range, StatementExplanation } from '../../../policy/index.ts'
import type { OpenIrsaOperation } from '../dependencies.ts'
import { excerptOf } from './excerpt.ts'
import { firstClosedGate, gatesOf } from './gates.ts'
import type {
  AuthorizationExplanation,
  ExplainedEvaluation,
  FailedElement,
  GetAuthorizationExplanationRequest,
} from './messages.ts'

const LAST = 'last'
/** Statements told, and values of one element: an answer that nobody reads to its end helps nobody. Our own limits. */
const STATEMENTS_MAX = 200
const VALUES_MAX = 50

/**
 * Why a request was denied, with all that AWS's GetRequestAuthorizationDetails leaves out: the gates, the near miss, wanted and
 * presented values. It tells of the same policies, so it needs the same permission.
 */
export const getAuthorizationExplanation: OpenIrsaOperation<
  GetAuthorizationExplanationRequest,
  AuthorizationExplanation
> = {
  name: 'GetAuthorizationExplanation',
  requires: {
    kind: 'allowed',
    requirements: () => [{ action: 'iam:GetRequestAuthorizationDetails', resource: '*' }],
  },
  async handle({ input: { authorizationId }, accountId }, { denials }) {
    const denial =
      authorizationId === LAST ? await denials.findLast(accountId) : await denials.find(accountId, authorizationId)
    if (denial === undefined) throw notFound(authorizationId)
    return authorizationExplanation(explainDenial(denial))
  },
}

function notFound(authorizationId: string): AwsError {
  const text =
    authorizationId === LAST
      ? 'No call of this account was denied lately.'
      : `No denial with the authorization id ${authorizationId} is known. It may have expired.`
  return new AwsError({ code: 'ResourceNotFoundException', status: 404 }, text)
}

function authorizationExplanation(explained: DenialExplanation): AuthorizationExplanation {
  const { denial, explanation, policies, unknown } = explained
  const { authorizationId, deniedAt, record } = denial
  const statements = mostTelling(explanation)
  const leftOut = explanation.statements.length - statements.length
  return {
    id: authorizationId,
    time: new Date(deniedAt),
    decision: explanation.decision,
    firstClosedGate: firstClosedGate(explained),
    sentence: explanation.sentence,
    nearMisses: explanation.nearMisses.map(({ policy, sid, range, sentence }) => ({ policy, sid, range, sentence })),
    request: {
      id: record.requestId,
      service: record.service,
      operation: record.operation,
      action: record.action,
      resource: record.resource,
      context: record.context,
    },
    caller: { arn: record.callerArn, ...record.token },
    gates: gatesOf(explained),
    evaluations: statements.map((statement) => evaluation(statement, policies)),
    missingContextKeys: explanation.missingContextKeys,
    unknown: [
      ...unknown,
      ...(record.token === undefined ? [] : ['Whether the webhook has changed the pod is not known to the server.']),
      ...(leftOut > 0 ? [`${leftOut} further statements, which have nothing to do with the request.`] : []),
    ],
  }
}

/** Those that matched, then those that nearly did. */
function mostTelling({ statements }: Explanation): readonly StatementExplanation[] {
  const misses = ({ elements }: StatementExplanation) => elements.filter(({ matched }) => !matched).length
  return statements.toSorted((a, b) => misses(a) - misses(b)).slice(0, STATEMENTS_MAX)
}

function evaluation(statement: StatementExplanation, policies: readonly AskedPolicy[]): ExplainedEvaluation {
  const { layer, policy, sid, index, range, effect, matched, elements } = statement
  const asked = policies.find((one) => one.layer === layer && one.source === policy)
  const failed = elements.filter((element) => !element.matched)
  return {
    ...{ layer, policy, version: asked?.versionId, sid, index, range: rangeOf(range), effect, matched },
    failed: failed.map((element) => failedElement(element, asked?.document)),
  }
}

function failedElement(element: ElementExplanation, document: string | undefined): FailedElement {
  const { operator, key, hint, fix, range } = element
  return {
    ...{ element: element.element, operator, key, hint, fix, range: rangeOf(range) },
    expected: element.expected.slice(0, VALUES_MAX),
    presented: element.presented.slice(0, VALUES_MAX),
    text: document === undefined ? '' : excerptOf(document, range),
  }
}

function rangeOf({ line, column, endLine, endColumn }: Range): Range {
  return { line, column, endLine, endColumn }
}
