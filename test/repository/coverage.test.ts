import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { COVERAGE_PAGE, coveragePage } from '../../scripts/build-coverage.ts'

test('docs/coverage.md is what the code says (npm run coverage writes it)', async () => {
  expect(await readFile(COVERAGE_PAGE, 'utf8')).toBe(await coveragePage())
})

test('the page knows what is built from what is not', async () => {
  const page = await coveragePage()
  const iam = page.slice(page.indexOf('\n## IAM\n'), page.indexOf('\n## STS\n'))
  const [built = '', notSupported = ''] = iam.split('<details>')
  expect(built).toContain('\n- CreateRole\n')
  expect(notSupported).toContain('\n- CreateSAMLProvider\n')
  expect(built).not.toContain('\n- CreateSAMLProvider\n')
})
