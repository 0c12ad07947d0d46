import type { Judgement } from '../access/authorize.ts'
import type { CallSource } from '../access/authorized-call.ts'
import type { Caller } from '../aws/caller.ts'

/** What is learnt of a call on its way through, for its audit event, its log lines and its metrics. Never what must stay secret. */
export interface CallRecord {
  readonly requestId: string
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
  errorCode: string | undefined
  errorMessage: string | undefined
}

export function newCallRecord(requestId: string, startedAt: number, source: CallSource): CallRecord {
  return {
    requestId,
    startedAt,
    source,
    service: undefined,
    operation: undefined,
    caller: undefined,
    accountId: undefined,
    region: undefined,
    parameters: {},
    judgements: [],
    errorCode: undefined,
    errorMessage: undefined,
  }
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
