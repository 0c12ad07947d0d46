/**
 * Writes docs/coverage.md: every operation of every service, built or not, from the service values and the schemas that the
 * server itself reads. `npm run coverage` runs it; test/repository/coverage.test.ts fails where the page is stale.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Service } from '../src/access/service.ts'
import { ACCESS_ANALYZER } from '../src/services/access-analyzer/service.ts'
import { EKS } from '../src/services/eks/service.ts'
import { IAM } from '../src/services/iam/service.ts'
import { IAM_TOOLBOX } from '../src/services/iam-toolbox/service.ts'
import { MARKETPLACE_METERING } from '../src/services/marketplace-metering/service.ts'
import { OPENIRSA } from '../src/services/openirsa/service.ts'
import { S3 } from '../src/services/s3/service.ts'
import { STS } from '../src/services/sts/service.ts'
import { loadServiceModel } from '../src/wire/schema-adapter.ts'

export const COVERAGE_PAGE = join(import.meta.dirname, '..', 'docs', 'coverage.md')

// biome-ignore lint/suspicious/noExplicitAny: what the handlers depend on does not matter to whether they are there
type AnyService = Service<any>

interface CoveredService {
  readonly title: string
  readonly service: AnyService
}

const SERVICES: readonly CoveredService[] = [
  { title: 'IAM', service: IAM },
  { title: 'STS', service: STS },
  { title: 'EKS', service: EKS },
  { title: 'S3', service: S3 },
  { title: 'Marketplace Metering', service: MARKETPLACE_METERING },
  { title: 'Access Analyzer', service: ACCESS_ANALYZER },
  { title: 'IAM Toolbox', service: IAM_TOOLBOX },
  { title: 'OpenIRSA', service: OPENIRSA },
]

const INTRODUCTION = `# Coverage

<!-- Written by scripts/build-coverage.ts from the code. Run \`npm run coverage\` after a change; do not edit. -->

Every operation of each service, as the AWS SDK's model names it. A **built** operation is whole: inputs checked, limits,
pages, errors. One that is **not supported** answers whoever asks with its protocol's error for an unknown operation, which
clients do not retry.
`

interface Coverage {
  readonly title: string
  readonly service: AnyService
  readonly built: readonly string[]
  readonly notSupported: readonly string[]
}

if (import.meta.main) {
  writeFileSync(COVERAGE_PAGE, await coveragePage())
  console.log('docs/coverage.md written')
}

/** Returns the page as it must stand. */
export async function coveragePage(): Promise<string> {
  const coverages = await Promise.all(SERVICES.map(coverageOf))
  return `${INTRODUCTION}\n${countsTable(coverages)}\n${coverages.map(section).join('\n')}`
}

async function coverageOf({ title, service }: CoveredService): Promise<Coverage> {
  const model = loadServiceModel(service.protocol, await service.loadSchemas())
  const names = [...model.operations.keys()].sort()
  const handled = new Set(service.operations.map(({ name }) => name))
  return {
    title,
    service,
    built: names.filter((name) => handled.has(name)),
    notSupported: names.filter((name) => !handled.has(name)),
  }
}

function countsTable(coverages: readonly Coverage[]): string {
  const rows = coverages.map(({ title, built, notSupported }) => {
    const anchor = title.toLowerCase().replaceAll(' ', '-')
    const counts = [built.length, notSupported.length, built.length + notSupported.length]
    return [`[${title}](#${anchor})`, ...counts.map(String)]
  })
  return alignedTable(['service', 'built', 'not supported', 'in the model'], rows)
}

/** A table as the formatter lays it out: the first column to the left, numbers to the right. */
function alignedTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`
  const padded = (row: readonly string[]) =>
    widths.map((width, column) => (column === 0 ? row[0]?.padEnd(width) : row[column]?.padStart(width)) ?? '')
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  return [padded(head), rule, ...rows.map(padded)].map(line).join('')
}

function section({ title, service, built, notSupported }: Coverage): string {
  const { protocol, apiVersion, signingNames } = service.protocol
  const rest =
    notSupported.length === 0
      ? 'Not supported: none.\n'
      : `<details><summary>Not supported (${notSupported.length})</summary>\n\n${list(notSupported)}\n</details>\n`
  return `## ${title}

Protocol ${protocol}, version ${apiVersion}, signed for \`${signingNames.join('`, `')}\`.

Built (${built.length})

${list(built)}
${rest}`
}

function list(names: readonly string[]): string {
  return names.map((name) => `- ${name}\n`).join('')
}
