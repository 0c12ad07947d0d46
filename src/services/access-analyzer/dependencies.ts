import type { Operation, Requires } from '../../access/operation.ts'
import type { Present } from '../../access/present.ts'
import type { ServiceAuthorization } from '../../policy/index.ts'

/** What the handlers of Access Analyzer need beyond the call. Nothing of it is stored: the checks are about the documents of the call. */
export interface AccessAnalyzerDependencies {
  /** Actions, resource types and condition keys of AWS's services. */
  readonly serviceAuthorization: ServiceAuthorization
}

/** An operation of Access Analyzer. `Input` and `Output` are the SDK's types. */
export type AccessAnalyzerOperation<Input, Output> = Operation<Present<Input>, Output, AccessAnalyzerDependencies>

/**
 * Checks of a document are authorized on `*`.
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsiamaccessanalyzer.html
 */
export function onEverything(action: string): Requires<unknown> {
  return { kind: 'allowed', requirements: () => [{ action: `access-analyzer:${action}`, resource: '*' }] }
}
