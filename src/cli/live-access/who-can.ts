import type { Connection } from '../connection.ts'
import { parseOutputFormat, print } from '../output.ts'
import { CommandError, EXIT } from '../usage-error.ts'
import { AccountReader, type LiveIdentity } from './account-reader.ts'
import { circumstancesOf } from './can.ts'
import { type Answer, askFor, askForStranger, type Question, readResourceSide } from './question.ts'
import { trustedServiceAccounts } from './trusted-service-accounts.ts'

/** Users and roles that are looked at, and of them at once; own limits. */
const PRINCIPALS_MAX = 20_000
const CONCURRENT_MAX = 8

/** Somebody who may, and why. */
interface Holder {
  readonly kind: 'user' | 'role' | 'anybody'
  readonly arn: string
  readonly answer: Answer
  /** Of a role: the service accounts that its trust policy speaks of. */
  readonly serviceAccounts: readonly string[]
}

/**
 * Asks for every user and role of the account, and for a caller without credentials.
 *
 * The root user is not in the list: it may do everything that no policy of the resource forbids.
 *
 * @returns the exit code: done, or denied where nobody may
 * @throws CommandError where there is no whole answer
 */
export async function whoCan(
  question: Question,
  connection: Connection,
  flags: { readonly output: string; readonly now: number },
): Promise<number> {
  const format = parseOutputFormat(flags.output)
  const reader = new AccountReader(connection)
  const circumstances = circumstancesOf(connection, flags.now)
  const resource = await readResourceSide(question, reader)
  const holders: Holder[] = []
  const everybody = askForStranger({ type: 'anonymous' }, question, resource, circumstances)
  if (everybody.isAllowed) holders.push({ kind: 'anybody', arn: '*', answer: everybody, serviceAccounts: [] })
  let asked = 0
  for await (const identities of identitiesOf(reader)) {
    for (const identity of identities) {
      const answer = askFor(identity, question, resource, circumstances)
      const serviceAccounts = identity.trust ? trustedServiceAccounts(identity.trust.text) : []
      if (answer.isAllowed) holders.push({ kind: identity.kind, arn: identity.arn, answer, serviceAccounts })
    }
    asked += identities.length
    showProgress(`${asked} users and roles asked`)
  }
  showProgress('')
  print(printable(holders, question, asked), format)
  if (holders.length === 0)
    console.error(`Nobody: none of ${asked} users and roles may ${question.action} on ${question.resource}.`)
  return holders.length === 0 ? EXIT.denied : EXIT.done
}

/** Users, then roles, a handful at a time. */
async function* identitiesOf(reader: AccountReader): AsyncGenerator<readonly LiveIdentity[]> {
  let batch: Promise<LiveIdentity | undefined>[] = []
  let count = 0
  for await (const read of readsOf(reader)) {
    if (++count > PRINCIPALS_MAX) {
      throw new CommandError('TOO_MANY_PRINCIPALS', `the account has more than ${PRINCIPALS_MAX} users and roles`)
    }
    batch.push(read())
    if (batch.length < CONCURRENT_MAX) continue
    yield present(await Promise.all(batch))
    batch = []
  }
  yield present(await Promise.all(batch))
}

async function* readsOf(reader: AccountReader): AsyncGenerator<() => Promise<LiveIdentity | undefined>> {
  for await (const name of reader.userNames()) yield () => reader.user(name)
  for await (const { name } of reader.listedRoles()) yield () => reader.role(name)
}

/** Who was deleted while we looked may do nothing. */
function present(identities: readonly (LiveIdentity | undefined)[]): readonly LiveIdentity[] {
  return identities.filter((identity) => identity !== undefined)
}

function printable(holders: readonly Holder[], { action, resource }: Question, asked: number) {
  return {
    value: {
      action,
      resource,
      asked,
      principals: holders.map(({ kind, arn, answer, serviceAccounts }) => ({
        kind,
        arn,
        sentence: answer.explanation.sentence,
        matchedStatements: answer.explanation.matchedStatements,
        ...(serviceAccounts.length > 0 && { serviceAccounts }),
      })),
    },
    table: [
      ['PRINCIPAL', 'ALLOWED BY', 'SERVICE ACCOUNTS'],
      ...holders.map(({ arn, answer, serviceAccounts }) => [arn, allowedBy(answer), serviceAccounts.join(', ')]),
    ],
    names: holders.map(({ arn }) => arn),
  }
}

function allowedBy({ explanation: { matchedStatements } }: Answer): string {
  return matchedStatements
    .map(({ source, sid, index }) => `${sid ? `statement ${sid}` : `statement ${index + 1}`} of ${source}`)
    .join('; ')
}

/** A line that overwrites itself, for people who wait. */
function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`)
}
