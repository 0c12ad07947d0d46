import { DOCUMENT_ELEMENTS, POLICY_VERSIONS } from '../../document/document.ts'
import { policySizeCharacters } from '../../validate/policy-problem.ts'
import type { Finding } from '../finding.ts'
import { finding, type IssueName } from '../issue.ts'
import type { Element, Place, PolicyTree, StatementTree } from '../policy-tree.ts'
import type { LintContext, LintPolicyType, PolicyRule } from '../rule.ts'

export const DOCUMENT_RULES: readonly PolicyRule[] = [
  documentElements,
  version,
  statement,
  size,
  repeatedSids,
  repeatedStatements,
]

function* documentElements({ elements }: PolicyTree): Iterable<Finding> {
  for (const { name, key, value } of elements) {
    if (!DOCUMENT_ELEMENTS.includes(name)) yield finding('INVALID_POLICY_ELEMENT', { element: name }, key)
    if ((name === 'Version' || name === 'Id') && value.node.kind !== 'string') {
      yield finding('DATA_TYPE_MISMATCH', { dataType: 'String' }, value)
    }
  }
}

function* version({ elements, place }: PolicyTree): Iterable<Finding> {
  const element = elements.find(({ name }) => name === 'Version')
  if (!element) yield finding('MISSING_VERSION', {}, place)
  else if (element.value.node.kind === 'string' && !POLICY_VERSIONS.includes(element.value.node.value)) {
    const versions = POLICY_VERSIONS.toReversed().join(', ')
    yield finding('INVALID_VERSION', { version: element.value.node.value, versions }, element.value)
  }
}

function* statement({ elements, place }: PolicyTree): Iterable<Finding> {
  const element = elements.find(({ name }) => name === 'Statement')
  if (!element) {
    yield finding('MISSING_STATEMENT', {}, place)
    return
  }
  const { node } = element.value
  const items = node.kind === 'array' ? node.elements : [node]
  if (items.length === 0) yield finding('MISSING_STATEMENT', {}, element.value)
  for (const [index, item] of items.entries()) {
    if (item.kind === 'object') continue
    const path = node.kind === 'array' ? [...element.value.path, { index }] : element.value.path
    yield finding('DATA_TYPE_MISMATCH', { dataType: 'Object' }, { path, span: item.span })
  }
}

interface Quota {
  readonly issue: Extract<IssueName, `POLICY_SIZE_EXCEEDS_${string}`>
  readonly charactersMax: number
  /** Where white space does not count. */
  readonly withoutWhiteSpace: boolean
}

/**
 * Characters. Sources: quotas of IAM and STS (a role's inline policies 10,240 together, as ValidatePolicy says; trust policy 2,048, adjustable to 8,192;
 * session policies 2,048 together), of Organizations (5,120 with white space), of S3 (bucket policy 20 KB).
 */
const QUOTAS: Readonly<Record<LintPolicyType, Quota>> = {
  identity: { issue: 'POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA', charactersMax: 10_240, withoutWhiteSpace: true },
  session: { issue: 'POLICY_SIZE_EXCEEDS_SESSION_POLICY_QUOTA', charactersMax: 2_048, withoutWhiteSpace: false },
  resource: { issue: 'POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA', charactersMax: 20_480, withoutWhiteSpace: false },
  trust: { issue: 'POLICY_SIZE_EXCEEDS_ROLE_TRUST_POLICY_QUOTA', charactersMax: 2_048, withoutWhiteSpace: true },
  scp: { issue: 'POLICY_SIZE_EXCEEDS_SCP_QUOTA', charactersMax: 5_120, withoutWhiteSpace: false },
  rcp: { issue: 'POLICY_SIZE_EXCEEDS_RCP_QUOTA', charactersMax: 5_120, withoutWhiteSpace: false },
}

function* size({ text, place }: PolicyTree, { type }: LintContext): Iterable<Finding> {
  const { issue, charactersMax, withoutWhiteSpace } = QUOTAS[type]
  const policySize = withoutWhiteSpace ? policySizeCharacters(text) : text.length
  if (policySize > charactersMax) yield finding(issue, { policySize, policySizeQuota: charactersMax }, place)
}

function* repeatedSids({ statements }: PolicyTree, { type }: LintContext): Iterable<Finding> {
  const issue = type === 'resource' ? 'UNIQUE_SIDS_RECOMMENDED' : 'UNIQUE_SIDS_REQUIRED'
  for (const places of repetitions(statements, ({ elements }) => sidOf(elements))) yield finding(issue, {}, ...places)
}

function sidOf(elements: readonly Element[]): Sighting | undefined {
  const sid = elements.find(({ name }) => name === 'Sid')?.value
  return sid?.node.kind === 'string' && sid.node.value !== '' ? { text: sid.node.value, place: sid } : undefined
}

function* repeatedStatements({ text, statements }: PolicyTree): Iterable<Finding> {
  for (const places of repetitions(statements, (one) => contentOf(text, one))) {
    yield finding('REDUNDANT_STATEMENT', {}, ...places)
  }
}

/** What the statement says, without its name and the order of its elements. */
function contentOf(text: string, { elements, place }: StatementTree): Sighting {
  const contents = elements
    .filter(({ name }) => name !== 'Sid')
    .map(({ name, value }) => `${name}:${text.slice(value.span.start.offset, value.span.end.offset)}`)
  return {
    text: contents
      .sort()
      .join('\n')
      .replace(/[\t\n\r ]+/g, ' '),
    place,
  }
}

interface Sighting {
  readonly text: string
  readonly place: Place
}

/** The places of each text that statements have more than once. */
function repetitions(
  statements: readonly StatementTree[],
  sightingIn: (statement: StatementTree) => Sighting | undefined,
): readonly (readonly Place[])[] {
  const places = new Map<string, Place[]>()
  for (const one of statements) {
    const sighting = sightingIn(one)
    if (!sighting) continue
    const known = places.get(sighting.text)
    if (known) known.push(sighting.place)
    else places.set(sighting.text, [sighting.place])
  }
  return [...places.values()].filter((found) => found.length > 1)
}
