import { styleText } from 'node:util'
import { compilePolicy } from '../../policy/compile.ts'
import type { PolicyDocument } from '../../policy/document/document.ts'
import { parsePolicy } from '../../policy/document/parse.ts'
import { plainText } from '../plain-text.ts'
import { EXIT, UsageError } from '../usage-error.ts'
import { type AccessDifference, accessBeyond, denialsBeyond } from './difference.ts'
import { placeText, readTextFile } from './located-document.ts'
import { type ChangedDecision, compareDecisions, POLICY_TYPES, type PolicyType } from './request-difference.ts'

export interface DiffFlags {
  readonly requests?: string
  readonly type?: string
  readonly output: string
}

interface GivenPolicy {
  readonly file: string
  readonly text: string
  readonly document: PolicyDocument
}

/**
 * Says what a change of a policy allows anew and what it takes away.
 * @returns the exit code: done where nothing changes
 * @throws UsageError where a file cannot be read
 */
export async function diffPolicies(oldFile: string, newFile: string, flags: DiffFlags): Promise<number> {
  if (flags.output !== 'text' && flags.output !== 'json') {
    throw new UsageError(`--output ${flags.output} is none of text, json`)
  }
  const type = POLICY_TYPES.find((known) => known === flags.type)
  if (flags.type !== undefined && type === undefined) {
    throw new UsageError(`--type ${flags.type} is none of ${POLICY_TYPES.join(', ')}`)
  }
  const [before, after] = [readPolicy(oldFile), readPolicy(newFile)]
  return flags.requests === undefined
    ? diffDocuments(before, after, flags.output)
    : diffDecisions(before, after, { file: flags.requests, type: type ?? typeOf(after.document), output: flags.output })
}

function readPolicy(file: string): GivenPolicy {
  const text = readTextFile(file)
  const { document, problems } = parsePolicy(text)
  const [problem] = problems
  if (document && !problem) return { file, text, document }
  const { line, column } = problem?.span.start ?? { line: 1, column: 1 }
  throw new UsageError(`${placeText({ file, line, column })}: ${problem?.message ?? 'there is no policy'}`)
}

/** By what it has: whoever assumes a role is named in a trust policy. */
function typeOf({ statements }: PolicyDocument): PolicyType {
  if (!statements.some(({ principal }) => principal)) return 'identity'
  const isTrust = statements.every(({ action, resource }) =>
    resource ? false : action?.values.every(({ value }) => /^sts:/i.test(value)),
  )
  return isTrust ? 'trust' : 'resource'
}

function diffDocuments(before: GivenPolicy, after: GivenPolicy, output: 'text' | 'json'): number {
  const isSameText = JSON.stringify(JSON.parse(before.text)) === JSON.stringify(JSON.parse(after.text))
  const beyond = (compare: typeof accessBeyond, one: GivenPolicy, other: GivenPolicy) =>
    isSameText ? [] : compare(one.document, other.document)
  const differences = {
    mayBecomeAllowed: beyond(accessBeyond, after, before),
    noLongerDenied: beyond(denialsBeyond, before, after),
    mayStopBeingAllowed: beyond(accessBeyond, before, after),
    newlyDenied: beyond(denialsBeyond, after, before),
  }
  const isSame = Object.values(differences).every((one) => one.length === 0)
  if (output === 'json') writeJson({ same: isSame, ...differences })
  else if (isSame) write(['Nothing changes: each of the two allows and denies all that the other one does.'])
  else {
    write([
      ...section('may become allowed', '+', differences.mayBecomeAllowed, after.file, before.file),
      ...section('no longer denied where another policy allows it', '+', differences.noLongerDenied, before.file, ''),
      ...section('may stop being allowed', '-', differences.mayStopBeingAllowed, before.file, after.file),
      ...section('denied whatever other policies allow', '-', differences.newlyDenied, after.file, ''),
    ])
  }
  return isSame ? EXIT.done : EXIT.changes
}

const SIGN_COLORS = { '+': 'green', '-': 'red' } as const

function section(
  title: string,
  sign: '+' | '-',
  differences: readonly AccessDifference[],
  file: string,
  otherFile: string,
): readonly string[] {
  if (differences.length === 0) return []
  return [
    styleText(SIGN_COLORS[sign], `${sign} ${title}`),
    ...differences.flatMap((one) => differenceLines(one, file, otherFile).map((line) => `    ${line}`)),
  ]
}

function differenceLines(one: AccessDifference, file: string, otherFile: string): readonly string[] {
  const { actions, resources, principals, conditions, sid, line, deniedByLines } = one
  const on = resources.length === 0 ? '' : ` on ${one.isNotResource ? 'everything but ' : ''}${listText(resources)}`
  const by = principals.length === 0 ? '' : ` for ${one.isNotPrincipal ? 'everybody but ' : ''}${listText(principals)}`
  return [
    plainText(`${one.isNotAction ? 'everything but ' : ''}${listText(actions)}${on}${by}`),
    ...conditions.map(({ operator, key, values }) => plainText(`  if ${key} ${operator} ${listText(values)}`)),
    ...deniedByLines.map((denied) => `  which is denied in ${otherFile}:${denied}`),
    styleText('dim', plainText(`  ${file}:${line}${sid ? `  statement ${sid}` : ''}`)),
  ]
}

/** Values of a list that are shown. */
const LISTED_MAX = 20

function listText(values: readonly string[]): string {
  const more = values.length - LISTED_MAX
  return `${values.slice(0, LISTED_MAX).join(', ')}${more > 0 ? `, and ${more} more` : ''}`
}

async function diffDecisions(
  before: GivenPolicy,
  after: GivenPolicy,
  { file, type, output }: { readonly file: string; readonly type: PolicyType; readonly output: 'text' | 'json' },
): Promise<number> {
  const policies = {
    before: compilePolicy(before.document, { source: before.file }),
    after: compilePolicy(after.document, { source: after.file }),
  }
  const { requests, changes } = await compareDecisions(file, policies, type)
  const gained = changes.filter((change) => change.after === 'allowed')
  const lost = changes.filter((change) => change.after !== 'allowed')
  if (output === 'json')
    writeJson({ same: changes.length === 0, type, requests, becomeAllowed: gained, stopBeingAllowed: lost })
  else if (changes.length === 0) write([`None of ${requests} requests is decided differently (as ${type} policy).`])
  else {
    write([
      `${changes.length} of ${requests} requests are decided differently (as ${type} policy)`,
      ...changedLines('become allowed', '+', gained, file),
      ...changedLines('stop being allowed', '-', lost, file),
    ])
  }
  return changes.length === 0 ? EXIT.done : EXIT.changes
}

/** Changed decisions that are shown. */
const CHANGES_SHOWN_MAX = 50

function changedLines(
  title: string,
  sign: '+' | '-',
  changes: readonly ChangedDecision[],
  file: string,
): readonly string[] {
  if (changes.length === 0) return [styleText(SIGN_COLORS[sign], `${sign} none ${title}`)]
  const more = changes.length - CHANGES_SHOWN_MAX
  return [
    styleText(SIGN_COLORS[sign], `${sign} ${changes.length} ${title}`),
    ...changes
      .slice(0, CHANGES_SHOWN_MAX)
      .flatMap(({ line, id, sentence }) => [
        `    ${plainText(sentence)}`,
        styleText('dim', `      ${file}:${line}${id === null ? '' : `  ${JSON.stringify(id)}`}`),
      ]),
    ...(more > 0 ? [`    and ${more} more; --output json has all of them`] : []),
  ]
}

function write(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`)
}

function writeJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
}
