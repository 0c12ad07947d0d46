import type { DenialRecords } from '../../access/denial-records.ts'

export interface IamToolboxDependencies {
  readonly denials: DenialRecords
}
