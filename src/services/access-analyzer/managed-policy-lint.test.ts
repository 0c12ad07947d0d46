import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { openManagedPolicyCatalog } from '../../access/policies/managed-policy-catalog.ts'
import { openServiceAuthorization } from '../../access/policies/service-authorization.ts'
import { lintPolicy } from '../../policy/index.ts'

/** Errors in AWS's own policies that are there: each text, with why. */
interface KnownErrors {
  readonly code: string
  readonly reason: string
  readonly found: readonly string[]
}

const built = (folder: string): string => fileURLToPath(new URL(`../../../build/${folder}`, import.meta.url))
const known: readonly KnownErrors[] = JSON.parse(
  readFileSync(join(import.meta.dirname, '..', '..', 'policy', 'lint', 'cases', 'managed-policy-errors.json'), 'utf8'),
)

it("AWS's managed policies have no error but those that are known and explained, and take seconds", () => {
  const authorization = openServiceAuthorization(built('service-authorization'))
  const catalog = openManagedPolicyCatalog(built('managed-policies'))
  const policies = catalog.list({ limit: 10_000 })
  expect(policies.length).toBeGreaterThan(1_500)
  const explained = new Set(known.flatMap(({ code, found }) => found.map((text) => `${code} "${text}"`)))
  const errors = new Set<string>()
  const start = performance.now()
  for (const { arn, defaultVersionId } of policies) {
    const document = catalog.findVersion(arn, defaultVersionId)?.document ?? ''
    for (const { findingType, issueCode, locations } of lintPolicy(document, { type: 'identity', authorization })) {
      const span = locations[0]?.span
      if (findingType === 'ERROR') errors.add(`${issueCode} ${document.slice(span?.start.offset, span?.end.offset)}`)
    }
  }
  expect(performance.now() - start).toBeLessThan(20_000)
  expect([...errors].filter((error) => !explained.has(error))).toEqual([])
  // What AWS has mended goes off the list.
  expect([...explained].filter((error) => !errors.has(error))).toEqual([])
})
