import type { DenialRecords } from '../../access/denials/denial-records.ts'

export interface IamToolboxDependencies {
  readonly denials: DenialRecords
}
