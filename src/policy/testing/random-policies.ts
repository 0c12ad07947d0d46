// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables
import fc from 'fast-check'
import { type CompiledPolicy, compilePolicySet, compilePolicyText } from '../compile.ts'
import type { AccessRequest, ContextValue, PolicySets, RequestPrincipal } from '../request.ts'

/** All the policies of a request as documents, so that more than one engine can be asked. */
export interface PolicyDocuments {
  readonly identity: readonly object[]
  readonly resource?: object
  readonly resourceKind?: PolicySets['resourceKind']
  readonly boundary?: readonly object[]
  readonly session?: readonly object[]
  readonly serviceControl?: readonly (readonly object[])[]
  readonly resourceControl?: readonly (readonly object[])[]
  readonly endpoint?: readonly object[]
}

export const ACCOUNT = '111122223333'
export const OTHER_ACCOUNT = '444455556666'
export const USER = `arn:aws:iam::${ACCOUNT}:user/alice`
export const ROLE = `arn:aws:iam::${ACCOUNT}:role/app`
export const SESSION = `arn:aws:sts::${ACCOUNT}:assumed-role/app/s`
const LINKED_ROLE = `arn:aws:iam::${ACCOUNT}:role/aws-service-role/x.amazonaws.com/linked`
const PROVIDER = `arn:aws:iam::${ACCOUNT}:oidc-provider/oidc.example`

/** `ROLE` was deleted and made anew: who is called so now has another id. */
export const PRINCIPAL_IDS: Readonly<Record<string, string>> = { [USER]: 'AIDAALICE', [ROLE]: 'AROAOLD' }

export const PRINCIPALS = fc.constantFrom<RequestPrincipal>(
  { type: 'root', accountId: ACCOUNT },
  { type: 'user', accountId: ACCOUNT, arn: USER, id: 'AIDAALICE' },
  { type: 'role', accountId: ACCOUNT, arn: ROLE },
  { type: 'assumed-role', accountId: ACCOUNT, arn: SESSION, roleArn: ROLE, id: 'AROAOLD' },
  { type: 'assumed-role', accountId: ACCOUNT, arn: SESSION, roleArn: ROLE, id: 'AROANEW' },
  { type: 'assumed-role', accountId: ACCOUNT, arn: `${SESSION}2`, roleArn: LINKED_ROLE },
  {
    type: 'federated-user',
    accountId: ACCOUNT,
    arn: `arn:aws:sts::${ACCOUNT}:federated-user/bob`,
    userArn: USER,
  },
  { type: 'federated', provider: 'accounts.google.com' },
  { type: 'federated', provider: PROVIDER },
  { type: 'service', service: 'ec2.amazonaws.com' },
  { type: 'canonical', id: 'abc' },
  { type: 'anonymous' },
)

const oneOrMore = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ arbitrary: value, weight: 3 }, fc.array(value, { maxLength: 3 }))

const ACTIONS = oneOrMore(
  fc.constantFrom('s3:GetObject', 's3:getobject', 's3:*', '*', 'sts:AssumeRole', 's3:?etObject', 's3:Get*t', 'sqs:*'),
)

const RESOURCES = oneOrMore(
  fc.constantFrom(
    '*',
    'arn:aws:s3:::b/k',
    'arn:aws:s3:::b/*',
    'arn:aws:s3:::b/?',
    'arn:aws:s3:::*a*',
    'arn:*:s3:::*',
    'arn:aws:*:b/k',
    'arn:a?s:s3:::b/k',
    "arn:aws:s3:::b/${k:none, 'k'}",
    'arn:aws:s3',
    'arn:aws:s3:*',
    'arn:aws:s3:::b/${k:x}',
    "arn:aws:s3:::b/${k:y, 'k'}",
    'arn:aws:s3:::${k:x}*',
    'arn:aws:s3:${k:x}::b/k',
    'arn:aws:s3:::b/${*}',
    'arn:aws:s3:::b/${k:x',
    'x',
    '',
  ),
)

interface ConditionFamily {
  readonly operators: readonly string[]
  /** Of a policy. */
  readonly expected: readonly unknown[]
  /** Of a request. */
  readonly given: readonly string[]
}

const six = (type: string): readonly string[] =>
  ['Equals', 'NotEquals', 'LessThan', 'LessThanEquals', 'GreaterThan', 'GreaterThanEquals'].map((one) => type + one)

/** Operators with values of their kind, so that conditions often hold. */
const CONDITION_FAMILIES: readonly ConditionFamily[] = [
  {
    operators: ['String', 'StringNot'].flatMap((name) =>
      ['Equals', 'EqualsIgnoreCase', 'Like'].map((one) => name + one),
    ),
    expected: ['a', 'A', 'b', '*', '?', 'a*', '*b*', '', '${k:y}', "${k:y, 'a'}", '${*}', '${', 'x${k:x}', true, 5],
    given: ['a', 'A', 'ab', '*', '', 'xa', 'true', '5'],
  },
  {
    operators: six('Numeric'),
    expected: [5, '5', '5.0', '-1', 1e3, '12abc', '', '${k:y}'],
    given: ['5', '05.00', '4.9', '1e3', '12abc', ''],
  },
  {
    operators: six('Date'),
    expected: [
      '2024',
      '2024-01-01',
      '2024-01-01T00:00:00Z',
      '2024-01-01T01:00:00+01:00',
      1704067200,
      '1704067200.5',
      '2024-13',
      'a',
    ],
    given: ['2024', '2024-01-01T00:00:00Z', '2023-12-31T23:59:59.5Z', '1704067200', '1704067200.5', 'a'],
  },
  {
    operators: ['Bool'],
    expected: ['true', 'false', true, false, 'TRUE', 'maybe', '${k:y}'],
    given: ['true', 'False', 'maybe', ''],
  },
  { operators: ['BinaryEquals'], expected: ['QQ==', 'QQ', 'QUI=', '!'], given: ['QQ==', 'QQ', 'QUI=', 'a', '!'] },
  {
    operators: ['IpAddress', 'NotIpAddress'],
    expected: [
      '192.0.2.0/24',
      '192.0.2.1',
      '0.0.0.0/0',
      '10.0.0.0/33',
      '2001:db8::/32',
      '2001:DB8:0::1',
      '::ffff:192.0.2.1',
      'a',
    ],
    given: ['192.0.2.1', '198.51.100.1', '::ffff:192.0.2.1', '2001:db8::1', '2001:db9::1', '192.0.2.01', 'a'],
  },
  {
    operators: ['ArnEquals', 'ArnLike', 'ArnNotEquals', 'ArnNotLike'],
    expected: [
      '*',
      ROLE,
      'arn:aws:iam::*:role/*',
      `arn:aws:iam::${ACCOUNT}:role/\${k:y}`,
      'arn:aws:iam',
      'arn:aws:iam:*',
      'a',
      'arn:*',
    ],
    given: [ROLE, USER, `${ROLE}:x`, 'arn:aws:iam', 'a', ''],
  },
  { operators: ['Null'], expected: ['true', 'false', true, false, 'x'], given: ['a', ''] },
  { operators: ['Nonsense', 'stringEquals', 'NullIfExists'], expected: ['a'], given: ['a'] },
]

const CONDITION_KEYS = fc.constantFrom('k:x', 'K:Y', 'k:none', 'aws:PrincipalArn')

const conditionBlocks = ({ operators, expected }: ConditionFamily): fc.Arbitrary<object> =>
  fc
    .tuple(
      fc.constantFrom('', '', 'ForAllValues:', 'ForAnyValue:'),
      fc.constantFrom(...operators),
      fc.constantFrom('', '', 'IfExists'),
      fc.dictionary(CONDITION_KEYS, oneOrMore(fc.constantFrom(...expected)), { minKeys: 1, maxKeys: 2 }),
    )
    .map(([quantifier, operator, ifExists, keys]) => ({ [`${quantifier}${operator}${ifExists}`]: keys }))

const CONDITION_BLOCKS = fc.constantFrom(...CONDITION_FAMILIES).chain(conditionBlocks)

const CONDITIONS = fc.array(CONDITION_BLOCKS, { maxLength: 2 }).map((blocks) => Object.assign({}, ...blocks))

const PRINCIPAL_ELEMENTS = fc.oneof(
  fc.constant<unknown>('*'),
  fc.record({
    AWS: oneOrMore(
      fc.constantFrom(
        '*',
        ACCOUNT,
        `arn:aws:iam::${ACCOUNT}:root`,
        OTHER_ACCOUNT,
        USER,
        ROLE,
        SESSION,
        'AIDAALICE',
        'AROANEW',
        'arn:aws:iam::*:user/x',
        `arn:aws:sts::${ACCOUNT}:federated-user/bob`,
      ),
    ),
  }),
  fc.record({
    Service: fc.constantFrom('ec2.amazonaws.com', '*'),
    Federated: oneOrMore(fc.constantFrom('accounts.google.com', PROVIDER)),
    CanonicalUser: fc.constant('abc'),
  }),
)

const pair = (name: string, value: fc.Arbitrary<unknown>) =>
  fc
    .tuple(fc.nat(4), value)
    .map(([n, v]): object => (n === 4 && name !== 'Principal' ? {} : { [n === 0 ? `Not${name}` : name]: v }))

export const statements = (withPrincipal: boolean): fc.Arbitrary<object> =>
  fc
    .tuple(
      fc.record({ Effect: fc.constantFrom('Allow', 'Allow', 'Deny') }),
      fc.oneof(
        { arbitrary: fc.constant({}), weight: 1 },
        { arbitrary: CONDITIONS.map((Condition) => ({ Condition })), weight: 1 },
      ),
      pair('Action', ACTIONS),
      pair('Resource', RESOURCES),
      withPrincipal ? pair('Principal', PRINCIPAL_ELEMENTS) : fc.constant({}),
    )
    .map((parts) => Object.assign({}, ...parts))

/** A layer that names principals now and then has a statement that does not, and the other way round. */
export const policies = (withPrincipal = false): fc.Arbitrary<object> =>
  fc.record({
    Version: fc.constantFrom('2012-10-17', '2012-10-17', '2008-10-17'),
    Statement: fc.array(
      fc.nat(9).chain((n) => statements(n === 0 ? !withPrincipal : withPrincipal)),
      { minLength: 1, maxLength: 3 },
    ),
  })

export const policyLists = (withPrincipal = false) => fc.array(policies(withPrincipal), { maxLength: 2 })

export const policyDocuments: fc.Arbitrary<PolicyDocuments> = fc.record(
  {
    identity: policyLists(),
    resource: policies(true),
    resourceKind: fc.constantFrom('trust', 'resource'),
    boundary: policyLists(),
    session: policyLists(),
    serviceControl: fc.array(policyLists(), { maxLength: 2 }),
    resourceControl: fc.array(policyLists(true), { maxLength: 2 }),
    endpoint: policyLists(true),
  },
  { requiredKeys: ['identity'] },
)

const GIVEN = CONDITION_FAMILIES.flatMap(({ given }) => given)
const contextOfValues = (values: readonly string[]): fc.Arbitrary<ReadonlyMap<string, ContextValue>> =>
  fc
    .dictionary(
      fc.constantFrom('k:x', 'k:y', 'aws:principalarn'),
      fc.oneof(fc.constantFrom<ContextValue>(...values), fc.array(fc.constantFrom(...values), { maxLength: 3 })),
    )
    .map((context) => new Map(Object.entries(context)))

export const requests: fc.Arbitrary<AccessRequest> = fc.record({
  principal: PRINCIPALS,
  action: fc.constantFrom(
    's3:GetObject',
    's3:GetObject',
    'S3:GETOBJECT',
    'sts:AssumeRole',
    'sts:GetCallerIdentity',
    'nonsense',
    '',
  ),
  resource: fc.constantFrom('arn:aws:s3:::b/k', 'arn:aws:s3:::b/k', 'arn:aws:s3:::b/a', 'arn:aws:s3:::b/*', '*', ''),
  resourceAccount: fc.constantFrom(ACCOUNT, ACCOUNT, OTHER_ACCOUNT, ''),
  context: contextOfValues([...GIVEN, 'k', 'app']),
})

/** A question with all its policies. */
export interface RandomCase {
  readonly request: AccessRequest
  readonly documents: PolicyDocuments
}

const one = (statement: object): object => ({ Version: '2012-10-17', Statement: [statement] })
const ALLOW_ALL = one({ Effect: 'Allow', Action: '*', Resource: '*' })

/** A condition decides. */
const conditionCases: fc.Arbitrary<RandomCase> = fc.constantFrom(...CONDITION_FAMILIES).chain((family) =>
  fc
    .tuple(requests, contextOfValues(family.given), fc.constantFrom('Allow', 'Deny'), conditionBlocks(family))
    .map(([request, context, Effect, Condition]) => ({
      request: { ...request, principal: { type: 'user', accountId: ACCOUNT, arn: USER }, context },
      documents: {
        identity: [...(Effect === 'Deny' ? [ALLOW_ALL] : []), one({ Effect, Action: '*', Resource: '*', Condition })],
      },
    })),
)

/** A principal element that has one of the caller's names, or all of them. */
function naming(principal: RequestPrincipal): fc.Arbitrary<object> {
  const { accountId, arn, roleArn, userArn } = {
    roleArn: undefined,
    userArn: undefined,
    arn: undefined,
    accountId: undefined,
    ...principal,
  }
  const names = [accountId, arn, roleArn, userArn].filter((name) => name !== undefined)
  return fc.constantFrom(...names, '*', names).map((AWS) => ({ AWS }))
}

/** The resource's policy decides, or leaves it to the caller's, which allow everything or nothing. */
const resourceCases: fc.Arbitrary<RandomCase> = requests
  .chain((request) =>
    fc.record({
      request: fc.constant(request),
      identity: fc.constantFrom<readonly object[]>([ALLOW_ALL], []),
      effect: fc.constantFrom('Allow', 'Allow', 'Deny'),
      principal: fc.oneof(pair('Principal', PRINCIPAL_ELEMENTS), pair('Principal', naming(request.principal))),
      condition: fc.constantFrom(
        {},
        {},
        { StringEquals: { 'aws:PrincipalArn': ROLE } },
        { ArnLike: { 'aws:PrincipalArn': '*' } },
      ),
      resourceKind: fc.constantFrom<PolicySets['resourceKind']>('trust', 'resource'),
      session: fc.constantFrom<readonly object[] | undefined>(undefined, [], [ALLOW_ALL]),
    }),
  )
  .map(({ request, identity, effect, principal, condition, resourceKind, session }) => ({
    request: { ...request, context: new Map([['aws:principalarn', ROLE]]) },
    documents: {
      identity,
      resource: one({ Effect: effect, Action: '*', Resource: '*', Condition: condition, ...principal }),
      resourceKind,
      session,
    },
  }))

/** So many that the engine does not go through all of them. */
const BYSTANDERS = Array.from({ length: 8 }, (_, n) => ({
  Effect: 'Allow',
  Action: '*',
  Resource: `arn:aws:s3:::${n}`,
}))

/** One action and one resource decide. */
const matchCases: fc.Arbitrary<RandomCase> = fc
  .tuple(requests, pair('Action', ACTIONS), pair('Resource', RESOURCES), fc.boolean())
  .map(([request, action, resource, isOld]) => {
    const statement = { Effect: 'Allow', ...action, ...resource }
    const policy = { Version: isOld ? '2008-10-17' : '2012-10-17', Statement: [statement, ...BYSTANDERS] }
    return { request, documents: { identity: [policy] } }
  })

/** Where everything may go wrong at once, a single thing seldom decides: so most cases are about one. */
export const cases: fc.Arbitrary<RandomCase> = fc.oneof(
  fc.record({ request: requests, documents: policyDocuments }),
  conditionCases,
  conditionCases,
  resourceCases,
  matchCases,
)

export function compileDocument(policy: object, source = 'test'): CompiledPolicy {
  return compilePolicyText(JSON.stringify(policy), { source, principalIds: PRINCIPAL_IDS })
}

/** @param joined  each layer as one `compilePolicySet` */
export function compileDocuments(documents: PolicyDocuments, joined = false): PolicySets {
  const list = (given: readonly object[] | undefined, layer: string) => {
    const compiled = given?.map((one, place) => compileDocument(one, `${layer}-${place}`))
    return compiled && joined ? [compilePolicySet(compiled)] : compiled
  }
  const levels = (given: PolicyDocuments['serviceControl'], layer: string) =>
    given?.map((one, level) => list(one, `${layer}-${level}`) ?? [])
  return {
    identity: list(documents.identity, 'identity') ?? [],
    resource: documents.resource && compileDocument(documents.resource, 'resource'),
    resourceKind: documents.resourceKind,
    boundary: list(documents.boundary, 'boundary'),
    session: list(documents.session, 'session'),
    serviceControl: levels(documents.serviceControl, 'scp'),
    resourceControl: levels(documents.resourceControl, 'rcp'),
    endpoint: list(documents.endpoint, 'endpoint'),
  }
}
