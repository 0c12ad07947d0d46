import { styleText } from 'node:util'
import { stringify } from 'yaml'
import type { Connection } from '../connection.ts'
import { parseOutputFormat } from '../output.ts'
import { plainText } from '../plain-text.ts'
import { excerptLines } from '../policy/excerpt.ts'
import { EXIT } from '../usage-error.ts'
import { AccountReader, type LiveIdentity } from './account-reader.ts'
import { type Answer, askFor, type Circumstances, type Question, readResourceSide } from './question.ts'
import { findSubject, findTrustingRoles, type ServiceAccount, type TrustAnswer } from './subject.ts'

/** Whether somebody may do something, as it is shown. */
interface Verdict {
  readonly isAllowed: boolean
  readonly principal: string
  /** Of a service account: each role that it may become. */
  readonly as: readonly Judged[]
  /** Where the answer is no before any role was asked. */
  readonly reasons: readonly string[]
}

interface Judged {
  readonly name: string
  readonly arn: string
  readonly answer: Answer
}

/**
 * Answers yes or no, with the reason.
 * @returns the exit code: done for yes, denied for no
 * @throws UsageError, CommandError where there is no answer
 */
export async function can(
  principal: string,
  question: Question,
  connection: Connection,
  flags: { readonly output: string; readonly now: number },
): Promise<number> {
  const format = parseOutputFormat(flags.output)
  const reader = new AccountReader(connection)
  const circumstances = circumstancesOf(connection, flags.now)
  const subject = await findSubject(principal, reader)
  const verdict =
    subject.kind === 'identity'
      ? await judge(principal, [{ identity: subject.identity, claims: {} }], question, reader, circumstances)
      : await judgeServiceAccount(principal, subject, question, reader, circumstances)
  process.stdout.write(SHOWN[format](verdict, question))
  return verdict.isAllowed ? EXIT.done : EXIT.denied
}

export function circumstancesOf({ url, region }: Connection, now: number): Circumstances {
  return { now, region, isSecure: url.startsWith('https:') }
}

interface Becoming {
  readonly identity: LiveIdentity
  /** Condition keys that its sessions have from the token that they were given for. */
  readonly claims: Question['context']
}

async function judge(
  principal: string,
  identities: readonly Becoming[],
  question: Question,
  reader: AccountReader,
  circumstances: Circumstances,
): Promise<Verdict> {
  const resource = await readResourceSide(question, reader)
  const as = identities.map(({ identity, claims }) => ({
    name: `${identity.kind} ${identity.name}`,
    arn: identity.arn,
    answer: askFor(identity, { ...question, context: { ...claims, ...question.context } }, resource, circumstances),
  }))
  return { isAllowed: as.some(({ answer }) => answer.isAllowed), principal, as, reasons: [] }
}

async function judgeServiceAccount(
  principal: string,
  account: ServiceAccount,
  question: Question,
  reader: AccountReader,
  circumstances: Circumstances,
): Promise<Verdict> {
  const { trusting, near, obstacle } = await findTrustingRoles(account, reader, circumstances)
  if (trusting.length === 0) {
    const reasons = [
      obstacle ?? `there is no role that trusts ${account.subject} of ${account.issuer}`,
      ...near.slice(0, NEAR_ROLES_MAX).map(nearText),
    ]
    return { isAllowed: false, principal, as: [], reasons }
  }
  const roles = await Promise.all(
    trusting.map(async ({ role, claims }) => ({ identity: await reader.role(role.name), claims })),
  )
  const there = roles.flatMap(({ identity, claims }) => (identity ? [{ identity, claims }] : []))
  return judge(principal, there, question, reader, circumstances)
}

/** Roles that are told of because they would nearly trust a service account. */
const NEAR_ROLES_MAX = 3

function nearText({ role, answer }: TrustAnswer): string {
  if (answer.isAllowed) return `role ${role.name} would trust it`
  return `role ${role.name}: ${answer.explanation.nearMisses[0]?.sentence ?? answer.explanation.sentence}`
}

const SHOWN: Readonly<Record<ReturnType<typeof parseOutputFormat>, (verdict: Verdict, question: Question) => string>> =
  {
    table: verdictText,
    json: (verdict, question) => `${JSON.stringify(verdictValue(verdict, question), null, 2)}\n`,
    yaml: (verdict, question) => stringify(verdictValue(verdict, question)),
    name: ({ isAllowed }) => `${isAllowed ? 'yes' : 'no'}\n`,
  }

function verdictText({ isAllowed, principal, as, reasons }: Verdict): string {
  const word = isAllowed ? styleText(['bold', 'green'], 'yes') : styleText(['bold', 'red'], 'no')
  // A service account may become several roles; what one of them may do is enough.
  const telling = isAllowed ? as.filter(({ answer }) => answer.isAllowed) : as
  const lines = telling.flatMap(({ name, answer: { explanation, excerpts } }) => [
    `${principal.startsWith('system:serviceaccount:') ? `as ${name}: ` : ''}${plainText(explanation.sentence)}`,
    ...excerpts.flatMap((excerpt) => [
      '',
      styleText('cyan', `${plainText(excerpt.policy)}, line ${excerpt.line}`),
      ...excerptLines(excerpt.lines).map(([text, isMarked]) => (isMarked ? text : styleText('dim', text))),
    ]),
    ...missingText(isAllowed ? [] : explanation.missingContextKeys),
  ])
  const [first = '', ...rest] = [...reasons.map(plainText), ...lines]
  return [`${word}  ${first}`, ...rest.map((line) => `    ${line}`.trimEnd()), ''].join('\n')
}

function missingText(keys: readonly string[]): readonly string[] {
  if (keys.length === 0) return []
  return ['', `Not known of the call: ${plainText(keys.join(', '))} (--context key=value)`]
}

function verdictValue({ isAllowed, principal, as, reasons }: Verdict, { action, resource }: Question) {
  return {
    allowed: isAllowed,
    principal,
    action,
    resource,
    ...(reasons.length > 0 && { reasons }),
    as: as.map(({ arn, answer: { explanation } }) => ({
      arn,
      decision: explanation.decision,
      layer: explanation.layer,
      matchedStatements: explanation.matchedStatements,
      sentence: explanation.sentence,
      nearMisses: explanation.nearMisses.map(({ policy, sid, range, sentence }) => ({
        policy,
        sid,
        line: range.line,
        sentence,
      })),
      missingContextKeys: explanation.missingContextKeys,
    })),
  }
}
