import type { ServiceProtocol } from '../aws/service-protocol.ts'
import type { StructureShape } from './shape.ts'

export interface ServiceModel extends ServiceProtocol {
  readonly operations: ReadonlyMap<string, OperationModel>
}

export interface OperationModel {
  readonly name: string
  readonly input: StructureShape
  readonly output: StructureShape
  /** REST protocols only. `uri` as in the model, `{label}` and `{label+}` included. */
  readonly http?: HttpBinding
}

export interface HttpBinding {
  readonly method: string
  readonly uri: string
  readonly status: number
}
