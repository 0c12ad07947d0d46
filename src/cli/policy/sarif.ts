import path from 'node:path'
import type { Finding, FindingLocation, FindingType, PathElement } from '../../policy/index.ts'
import type { ValidatedFile } from './finding-report.ts'

const LEVELS: Readonly<Record<FindingType, 'error' | 'warning' | 'note'>> = {
  ERROR: 'error',
  SECURITY_WARNING: 'warning',
  WARNING: 'warning',
  SUGGESTION: 'note',
}

/**
 * Findings in the Static Analysis Results Interchange Format, which code hosts show beside the lines.
 * @see https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 */
export function sarifLog(files: readonly ValidatedFile[]): object {
  const rules = new Map<string, Finding>()
  for (const finding of files.flatMap(({ findings }) => findings)) {
    if (!rules.has(finding.issueCode)) rules.set(finding.issueCode, finding)
  }
  const places = new Map([...rules.keys()].map((code, place) => [code, place]))
  return {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'openirsa', rules: [...rules.values()].map(ruleOf) } },
        columnKind: 'utf16CodeUnits',
        results: files.flatMap(({ file, findings }) => findings.map((finding) => resultOf(file, finding, places))),
      },
    ],
  }
}

function ruleOf({ issueCode, findingType, learnMoreLink }: Finding): object {
  return {
    id: issueCode,
    helpUri: learnMoreLink,
    defaultConfiguration: { level: LEVELS[findingType] },
    properties: { tags: [findingType.toLowerCase().replaceAll('_', '-')] },
  }
}

function resultOf(file: string, finding: Finding, places: ReadonlyMap<string, number>): object {
  const { issueCode, findingType, findingDetails, locations } = finding
  const [first, ...related] = locations.map((location) => placeOf(file, location))
  return {
    ruleId: issueCode,
    ruleIndex: places.get(issueCode),
    level: LEVELS[findingType],
    message: { text: findingDetails },
    locations: first === undefined ? [] : [first],
    ...(related.length > 0 && { relatedLocations: related.map((location, id) => ({ id, ...location })) }),
  }
}

/** Lines and columns count from 1 here. */
function placeOf(file: string, { path: elements, span }: FindingLocation): object {
  const { start, end } = span
  return {
    physicalLocation: {
      artifactLocation: { uri: uriOf(file) },
      region: {
        startLine: start.line,
        startColumn: start.column + 1,
        endLine: end.line,
        endColumn: end.column + 1,
        charOffset: start.offset,
        charLength: end.offset - start.offset,
      },
    },
    ...(elements.length > 0 && { logicalLocations: [{ fullyQualifiedName: elements.map(nameOf).join('/') }] }),
  }
}

function nameOf(element: PathElement): string {
  if ('index' in element) return String(element.index)
  if ('key' in element) return element.key
  if ('value' in element) return element.value
  return `${element.substring.start}+${element.substring.length}`
}

/** Relative names stay relative: whoever shows the results knows where they belong. */
function uriOf(file: string): string {
  if (file === '-') return 'stdin'
  const encoded = file.split(path.sep).map(encodeURIComponent).join('/')
  return path.isAbsolute(file) ? `file://${encoded}` : encoded
}
