/** `GetAuthorizationExplanation`, in the form that `schemas.ts` describes. 15 is a document, 128 | 15 a map of documents. */
const OPENIRSA = 'org.openirsa'

const TEXT = 0
const NUMBER = 1
const BOOLEAN = 2
const TIMESTAMP = 4
const TEXT_LIST = 64 | TEXT
const DOCUMENT_MAP = 128 | 15
const PATH_LABEL = [TEXT, 1]

const structure = (name: string, members: Readonly<Record<string, unknown>>) => [
  3,
  OPENIRSA,
  name,
  0,
  Object.keys(members),
  Object.values(members),
]
const listOf = (schema: readonly unknown[]) => {
  const list = [1, OPENIRSA, `${schema[2]}List`, 0, () => schema]
  return () => list
}

export const ExplainedRange$ = structure('ExplainedRange', {
  line: NUMBER,
  column: NUMBER,
  endLine: NUMBER,
  endColumn: NUMBER,
})
export const ExplainedFix$ = structure('ExplainedFix', { change: TEXT, from: TEXT, to: TEXT })
export const FailedElement$ = structure('FailedElement', {
  element: TEXT,
  operator: TEXT,
  key: TEXT,
  expected: TEXT_LIST,
  presented: TEXT_LIST,
  hint: TEXT,
  fix: () => ExplainedFix$,
  range: () => ExplainedRange$,
  text: TEXT,
})
export const ExplainedEvaluation$ = structure('ExplainedEvaluation', {
  layer: TEXT,
  policy: TEXT,
  version: TEXT,
  sid: TEXT,
  index: NUMBER,
  range: () => ExplainedRange$,
  effect: TEXT,
  matched: BOOLEAN,
  failed: listOf(FailedElement$),
})
export const ExplainedGate$ = structure('ExplainedGate', { name: TEXT, status: TEXT, reason: TEXT, detail: TEXT })
export const ExplainedRequest$ = structure('ExplainedRequest', {
  id: TEXT,
  service: TEXT,
  operation: TEXT,
  action: TEXT,
  resource: TEXT,
  context: DOCUMENT_MAP,
})
export const ExplainedCaller$ = structure('ExplainedCaller', {
  arn: TEXT,
  issuer: TEXT,
  subject: TEXT,
  audience: TEXT,
  pod: TEXT,
})
export const ExplainedNearMiss$ = structure('ExplainedNearMiss', {
  policy: TEXT,
  sid: TEXT,
  range: () => ExplainedRange$,
  sentence: TEXT,
})

export const GetAuthorizationExplanationRequest$ = [
  3,
  OPENIRSA,
  'GetAuthorizationExplanationRequest',
  0,
  ['authorizationId'],
  [PATH_LABEL],
  1,
]
export const AuthorizationExplanation$ = structure('AuthorizationExplanation', {
  id: TEXT,
  time: TIMESTAMP,
  decision: TEXT,
  firstClosedGate: TEXT,
  sentence: TEXT,
  nearMisses: listOf(ExplainedNearMiss$),
  request: () => ExplainedRequest$,
  caller: () => ExplainedCaller$,
  gates: listOf(ExplainedGate$),
  evaluations: listOf(ExplainedEvaluation$),
  missingContextKeys: TEXT_LIST,
  unknown: TEXT_LIST,
})
export const GetAuthorizationExplanation$ = [
  9,
  OPENIRSA,
  'GetAuthorizationExplanation',
  { http: ['GET', '/openirsa/authorization-explanations/{authorizationId}', 200] },
  () => GetAuthorizationExplanationRequest$,
  () => AuthorizationExplanation$,
]
