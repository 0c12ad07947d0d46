import type { ContextValue } from '../../src/policy/index.ts'

/** Policies and requests that every engine gets alike. */
export interface Scenario {
  readonly name: string
  /** Decisions a second on one core that the design asks of us, prepared. */
  readonly target: number
  readonly policies: readonly PolicyJson[]
  readonly requests: readonly RequestJson[]
}

export interface PolicyJson {
  readonly Version: '2012-10-17'
  readonly Statement: readonly StatementJson[]
}

export interface StatementJson {
  readonly Sid: string
  readonly Effect: 'Allow' | 'Deny'
  readonly Action: readonly string[]
  readonly Resource: readonly string[]
  readonly Condition?: {
    readonly StringEquals?: { readonly 'aws:PrincipalTag/team': string }
    readonly IpAddress?: { readonly 'aws:SourceIp': string }
  }
}

export interface RequestJson {
  readonly action: string
  readonly resource: string
  readonly context: Readonly<Record<string, ContextValue>>
}

export const ACCOUNT = '111122223333'
export const CALLER = `arn:aws:iam::${ACCOUNT}:user/alice`

const REQUESTS = 1_000
const TEAMS = ['red', 'green', 'blue', 'amber']

/** Real actions and resources, since an engine may know no others. */
const SERVICES = [
  { actions: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], arn: 'arn:aws:s3:::' },
  { actions: ['sqs:SendMessage', 'sqs:ReceiveMessage', 'sqs:DeleteMessage'], arn: `arn:aws:sqs:us-east-1:${ACCOUNT}:` },
  { actions: ['sns:Publish', 'sns:Subscribe', 'sns:GetTopicAttributes'], arn: `arn:aws:sns:us-east-1:${ACCOUNT}:` },
  {
    actions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem', 'dynamodb:BatchGetItem'],
    arn: `arn:aws:dynamodb:us-east-1:${ACCOUNT}:table/`,
  },
  {
    actions: ['lambda:InvokeFunction', 'lambda:GetFunction', 'lambda:DeleteFunction'],
    arn: `arn:aws:lambda:us-east-1:${ACCOUNT}:function:`,
  },
] as const

/** The same numbers on every run. */
export function scenarios(): readonly Scenario[] {
  const random = mulberry32(20_260_101)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const below = (n: number): number => Math.floor(random() * n)

  const requestsOf = (make: () => Omit<RequestJson, 'context'>): readonly RequestJson[] =>
    Array.from({ length: REQUESTS }, () => ({
      ...make(),
      context: {
        'aws:PrincipalTag/team': pick(TEAMS),
        'aws:SourceIp': `10.${below(8)}.${below(256)}.${below(256)}`,
        'aws:SecureTransport': 'true',
        'aws:CurrentTime': '2026-01-01T00:00:00Z',
      },
    }))

  const request = (): Omit<RequestJson, 'context'> => {
    const { actions, arn } = pick(SERVICES)
    const name = `${pick(TEAMS)}-${below(10)}`
    return {
      action: pick(actions),
      resource: arn.startsWith('arn:aws:s3') ? `${arn}${name}/key-${below(50)}` : arn + name,
    }
  }

  const statement = (place: number): StatementJson => {
    const { actions, arn } = pick(SERVICES)
    const suffix = arn.startsWith('arn:aws:s3') ? '/*' : ''
    return {
      Sid: `S${place}`,
      Effect: random() < 0.05 ? 'Deny' : 'Allow',
      Action:
        random() < 0.3 ? [`${actions[0].slice(0, actions[0].indexOf(':') + 4)}*`] : [pick(actions), pick(actions)],
      Resource: random() < 0.2 ? [`${arn}${pick(TEAMS)}-*`] : [`${arn}${pick(TEAMS)}-${below(10)}${suffix}`],
    }
  }

  const conditional = (place: number): StatementJson => {
    const plain = statement(place)
    const [first = ''] = plain.Resource
    const inTheMiddle = random() < 0.2 ? [first.replace(/(red|green|blue|amber)-/, '*-')] : plain.Resource
    const kind = random()
    const Condition =
      kind < 0.3
        ? { StringEquals: { 'aws:PrincipalTag/team': pick(TEAMS) } }
        : kind < 0.6
          ? { IpAddress: { 'aws:SourceIp': `10.${below(8)}.0.0/16` } }
          : undefined
    return { ...plain, Resource: inTheMiddle, ...(Condition ? { Condition } : {}) }
  }

  const policies = (count: number, length: number, make: (place: number) => StatementJson): readonly PolicyJson[] =>
    Array.from({ length: count }, () => ({
      Version: '2012-10-17',
      Statement: Array.from({ length }, (_, place) => make(place)),
    }))

  return [
    {
      name: '1 policy × 3 statements',
      target: 2_000_000,
      policies: [{ Version: '2012-10-17', Statement: BUCKET_STATEMENTS }],
      requests: requestsOf(() => ({
        action: 's3:GetObject',
        resource: `arn:aws:s3:::red-${below(2)}/${pick(['logs', 'secret'])}/${below(50)}`,
      })),
    },
    {
      name: '10 policies × 10 statements',
      target: 500_000,
      policies: policies(10, 10, statement),
      requests: requestsOf(request),
    },
    {
      name: '100 policies × 20 statements, wildcards and conditions',
      target: 50_000,
      policies: policies(100, 20, conditional),
      requests: requestsOf(request),
    },
  ]
}

const BUCKET_STATEMENTS: readonly StatementJson[] = [
  { Sid: 'Bucket', Effect: 'Allow', Action: ['s3:ListBucket'], Resource: ['arn:aws:s3:::red-0'] },
  { Sid: 'Objects', Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject'], Resource: ['arn:aws:s3:::red-0/*'] },
  { Sid: 'Secret', Effect: 'Deny', Action: ['s3:*'], Resource: ['arn:aws:s3:::red-0/secret/*'] },
]

/** A small generator with a seed: a benchmark has to ask the same questions tomorrow. */
function mulberry32(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let bits = Math.imul(state ^ (state >>> 15), 1 | state)
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits
    return ((bits ^ (bits >>> 14)) >>> 0) / 4_294_967_296
  }
}
