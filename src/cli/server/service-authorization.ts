import { fileURLToPath } from 'node:url'
import { openServiceAuthorization } from '../../access/policies/service-authorization.ts'
import type { ServiceAuthorization } from '../../policy/index.ts'

const FOLDER = fileURLToPath(new URL('../../../build/service-authorization', import.meta.url))

/** @throws Error that says what to run where `npm run prepare` has not built the data */
export function loadServiceAuthorization(): ServiceAuthorization {
  return openServiceAuthorization(FOLDER)
}
