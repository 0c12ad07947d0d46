/**
 * IAM Toolbox, which has no JavaScript package, in the form of the AWS SDK's published schemas (see the comment in
 * `openirsa/schemas.ts` for the tuples). 15 is a document (any JSON value), 128 | 15 a map of documents.
 *
 * @see https://docs.aws.amazon.com/iam-toolbox/latest/APIReference/API_GetRequestAuthorizationDetails.html and botocore's
 *   service model `iam-toolbox` 2018-05-10
 */
const TOOLBOX = 'com.amazonaws.iamtoolbox'

const TEXT = 0
const BOOLEAN = 2
const DOCUMENT_MAP = 128 | 15
const PATH_LABEL = [TEXT, 1]

export const AttachedTo$ = [3, TOOLBOX, 'AttachedTo', 0, ['arn'], [TEXT]]
const AttachedToList = [1, TOOLBOX, 'AttachedToList', 0, () => AttachedTo$]

export const PolicyInfo$ = [
  3,
  TOOLBOX,
  'PolicyInfo',
  0,
  ['type', 'inline', 'uri', 'attachedTo'],
  [TEXT, BOOLEAN, TEXT, () => AttachedToList],
]
const PolicyInfoList = [1, TOOLBOX, 'PolicyInfoList', 0, () => PolicyInfo$]

export const MatchedStatement$ = [3, TOOLBOX, 'MatchedStatement', 0, ['sid', 'evaluatedEffect'], [TEXT, TEXT]]
const MatchedStatementList = [1, TOOLBOX, 'MatchedStatementList', 0, () => MatchedStatement$]

export const MatchedPolicy$ = [
  3,
  TOOLBOX,
  'MatchedPolicy',
  0,
  ['uri', 'matchedStatements'],
  [TEXT, () => MatchedStatementList],
  1,
]
const MatchedPolicyList = [1, TOOLBOX, 'MatchedPolicyList', 0, () => MatchedPolicy$]

export const Evaluation$ = [
  3,
  TOOLBOX,
  'Evaluation',
  0,
  ['action', 'resource', 'context', 'evaluatedEffect', 'matchedPolicies'],
  [TEXT, TEXT, DOCUMENT_MAP, TEXT, () => MatchedPolicyList],
  2,
]
const EvaluationList = [1, TOOLBOX, 'EvaluationList', 0, () => Evaluation$]

export const GetRequestAuthorizationDetailsInput$ = [
  3,
  TOOLBOX,
  'GetRequestAuthorizationDetailsInput',
  0,
  ['authorizationId', 'nextToken'],
  [PATH_LABEL, [TEXT, { httpQuery: 'nextToken' }]],
  1,
]
export const GetRequestAuthorizationDetailsOutput$ = [
  3,
  TOOLBOX,
  'GetRequestAuthorizationDetailsOutput',
  0,
  ['requestContext', 'evaluations', 'policies', 'nextToken'],
  [DOCUMENT_MAP, () => EvaluationList, () => PolicyInfoList, TEXT],
]
export const GetRequestAuthorizationDetails$ = [
  9,
  TOOLBOX,
  'GetRequestAuthorizationDetails',
  { http: ['GET', '/authorization-details/{authorizationId}', 200] },
  () => GetRequestAuthorizationDetailsInput$,
  () => GetRequestAuthorizationDetailsOutput$,
]
