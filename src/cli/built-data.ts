import { fileURLToPath } from 'node:url'
import { type ManagedPolicyCatalog, openManagedPolicyCatalog } from '../access/policies/managed-policy-catalog.ts'
import { openServiceAuthorization } from '../access/policies/service-authorization.ts'
import type { ServiceAuthorization } from '../policy/index.ts'

/** Where `npm run prepare` puts what it compacts from the data packages. */
const BUILD = new URL('../../build/', import.meta.url)

/** @throws Error that says what to run where `npm run prepare` has not built the data */
export function loadManagedPolicies(): ManagedPolicyCatalog {
  return openManagedPolicyCatalog(fileURLToPath(new URL('managed-policies', BUILD)))
}

/** @throws Error that says what to run where `npm run prepare` has not built the data */
export function loadServiceAuthorization(): ServiceAuthorization {
  return openServiceAuthorization(fileURLToPath(new URL('service-authorization', BUILD)))
}
