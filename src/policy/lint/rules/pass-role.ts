import { hasWildcard, patternCovers } from '../../analysis/pattern.ts'
import type { Finding } from '../finding.ts'
import { finding, type IssueName } from '../issue.ts'
import type { Place, StatementTree, ValuesTree } from '../policy-tree.ts'
import type { LintContext, StatementRule } from '../rule.ts'

export const PASS_ROLE_RULES: readonly StatementRule[] = [passRole, createServiceLinkedRole]

/** The issue for each way in which a statement can be too wide. */
interface WideIssues<Name extends IssueName> {
  readonly starInResource: Name
  readonly starInActionAndResource: Name
  readonly starInResourceAndNotAction: Name
  readonly notResource: Name
  readonly starInActionAndNotResource: Name
  readonly notActionAndNotResource: Name
}

type PlainIssue = Extract<IssueName, `PASS_ROLE_${string}` | `CREATE_SLR_${string}`>

const PASS_ROLE: WideIssues<PlainIssue> = {
  starInResource: 'PASS_ROLE_WITH_STAR_IN_RESOURCE',
  starInActionAndResource: 'PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE',
  starInResourceAndNotAction: 'PASS_ROLE_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION',
  notResource: 'PASS_ROLE_WITH_NOT_RESOURCE',
  starInActionAndNotResource: 'PASS_ROLE_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE',
  notActionAndNotResource: 'PASS_ROLE_WITH_NOT_ACTION_AND_NOT_RESOURCE',
}

const CREATE_SERVICE_LINKED_ROLE: WideIssues<PlainIssue> = {
  starInResource: 'CREATE_SLR_WITH_STAR_IN_RESOURCE',
  starInActionAndResource: 'CREATE_SLR_WITH_STAR_IN_ACTION_AND_RESOURCE',
  starInResourceAndNotAction: 'CREATE_SLR_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION',
  notResource: 'CREATE_SLR_WITH_NOT_RESOURCE',
  starInActionAndNotResource: 'CREATE_SLR_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE',
  notActionAndNotResource: 'CREATE_SLR_WITH_NOT_ACTION_AND_NOT_RESOURCE',
}

function* passRole(statement: StatementTree, context: LintContext): Iterable<Finding> {
  if (isNarrowedBy(statement, 'iam:passedtoservice')) return
  yield* wide(statement, context, 'iam:passrole', PASS_ROLE)
}

function* createServiceLinkedRole(statement: StatementTree, context: LintContext): Iterable<Finding> {
  if (isNarrowedBy(statement, 'iam:awsservicename')) return
  yield* wide(statement, context, 'iam:createservicelinkedrole', CREATE_SERVICE_LINKED_ROLE)
}

/** A pattern that begins with `*` leaves the service open: AWS lists a policy with `*a4b.amazonaws.com` among those found. */
function isNarrowedBy({ conditions }: StatementTree, key: string): boolean {
  return conditions.some(
    ({ keyLower, values }) =>
      keyLower === key && values.length > 0 && values.every(({ text }) => !text.startsWith('*')),
  )
}

function* wide(
  { effect, action, resource }: StatementTree,
  { type }: LintContext,
  wanted: string,
  issues: WideIssues<PlainIssue>,
): Iterable<Finding> {
  if (effect !== 'Allow' || !action || !resource || (type !== 'identity' && type !== 'session')) return
  const granting = grantOf(action, wanted)
  if (!granting) return
  const place = resource.negated ? resource.element.value : resource.values.find(({ text }) => isEveryRole(text))
  if (!place) return
  const { kind } = granting
  const name = resource.negated
    ? { plain: issues.notResource, star: issues.starInActionAndNotResource, not: issues.notActionAndNotResource }[kind]
    : { plain: issues.starInResource, star: issues.starInActionAndResource, not: issues.starInResourceAndNotAction }[
        kind
      ]
  yield finding(name, {}, granting.place, place)
}

interface Granting {
  readonly kind: 'plain' | 'star' | 'not'
  readonly place: Place
}

function grantOf(action: ValuesTree, wanted: string): Granting | undefined {
  const covering = action.values.filter(({ text }) => patternCovers(text.toLowerCase(), wanted))
  if (action.negated) return covering.length > 0 ? undefined : { kind: 'not', place: action.element.value }
  const plain = covering.find(({ text }) => !hasWildcard(text))
  if (plain) return { kind: 'plain', place: plain }
  const [star] = covering
  return star && { kind: 'star', place: star }
}

/** Every role of an account. A path or a part of the name is a convention that says which are meant (`role/Service*`). */
function isEveryRole(resource: string): boolean {
  return /^\*+$/.test(resource) || /^arn:[^:]*:iam:[^:]*:[^:]*:(?:\*|role\/?\*)$/.test(resource)
}
