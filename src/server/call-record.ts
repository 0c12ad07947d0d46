import type { Evidence, Judgement } from '../access/authorize.ts'
import type { CallSource } from '../access/authorized-call.ts'
import type { Denial } from '../access/denials/denial-record.ts'
import type { Caller } from '../aws/caller.ts'
import type { RequestPrincipal } from '../policy/index.ts'

/** What is learnt of a call on its way through, for its audit event, its log lines and its metrics. Never what must stay secret. */
export interface CallRecord {
  readonly requestId: string
  /** Id of the call's audit event, in the log and in the store. */
  readonly eventId: string
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly source: CallSource
  service: string | undefined
  operation: string | undefined
  caller: Caller | undefined
  accountId: string | undefined
  region: string | undefined
  /** Members of the input that name things (`roleName`, `policyArn`). */
  parameters: Readonly<Record<string, string>>
  judgements: Judgement[]
  /** The last judgement that did not allow. */
  denied: DeniedJudgement | undefined
  /** Under which the denial is kept with its explanation. */
  authorizationId: string | undefined
  errorCode: string | undefined
  errorMessage: string | undefined
}

export interface DeniedJudgement {
  readonly judgement: Judgement
  readonly evidence: Evidence
}

type NewCall = Pick<CallRecord, 'requestId' | 'eventId' | 'startedAt' | 'source'>

export function newCallRecord(call: NewCall): CallRecord {
  return {
    ...call,
    service: undefined,
    operation: undefined,
    caller: undefined,
    accountId: undefined,
    region: undefined,
    parameters: {},
    judgements: [],
    denied: undefined,
    authorizationId: undefined,
    errorCode: undefined,
    errorMessage: undefined,
  }
}

export type FederatedPrincipal = Extract<RequestPrincipal, { readonly type: 'federated' }>

/** The web identity that proved itself to the handler of an unsigned call; undefined for every other call. */
export function webIdentityOf(record: CallRecord): FederatedPrincipal | undefined {
  for (const { principal } of record.judgements) if (principal.type === 'federated') return principal
  return undefined
}

/** What is to be kept of a denial that has an id. */
export function denialOf(record: CallRecord): Denial | undefined {
  const { authorizationId, accountId, denied, caller, requestId, startedAt } = record
  if (authorizationId === undefined || accountId === undefined || denied === undefined) return undefined
  const { service = 'unknown', operation = 'Unknown' } = record
  return { authorizationId, accountId, deniedAt: startedAt, requestId, service, operation, caller, ...denied }
}

/** Input members whose values may stand in an audit event: names, ids and ARNs; nothing that could be a secret or a document. */
const NAMING_MEMBER =
  /^(?:.*Name|.*Arn|name|arn|Path|PathPrefix|VersionId|AccessKeyId|Bucket|Key|Prefix|UploadId|Url|ClientID|ProductCode|namespace|serviceAccount)$/
/** Characters kept of one value. */
const PARAMETER_CHARACTERS_MAX = 1_024

export function namingParameters(input: unknown): Readonly<Record<string, string>> {
  if (typeof input !== 'object' || input === null) return {}
  const named = Object.entries(input).filter(([name, value]) => NAMING_MEMBER.test(name) && typeof value === 'string')
  return Object.fromEntries(named.map(([name, value]) => [lowerFirst(name), value.slice(0, PARAMETER_CHARACTERS_MAX)]))
}

function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1)
}
