import type { ServiceConstraints } from '../aws/constraints.ts'
import type { ServiceProtocol } from '../aws/service-protocol.ts'
import type { Operation } from './operation.ts'

/** A service as a value: how it speaks, where its schemas are, which operations are built. */
export interface Service<Dependencies> {
  readonly protocol: ServiceProtocol
  /** The SDK's client package (its exports named `…$` are the schemas), or our own module of the same form. Loaded on first use. */
  loadSchemas(): Promise<Readonly<Record<string, unknown>>>
  readonly constraints: ServiceConstraints
  /** Resource policies may let nobody in particular in (S3). Elsewhere an unsigned call is refused before anything is looked up. */
  readonly admitsAnonymous?: boolean
  /** Operations in the model that are missing here answer "unknown operation". */
  // biome-ignore lint/suspicious/noExplicitAny: each operation fixes its own input and output; the wire layer checks both by schema
  readonly operations: readonly Operation<any, any, Dependencies>[]
}
