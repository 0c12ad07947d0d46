import { describe, expect, it } from 'vitest'
import { policySizeCharacters } from './policy-problem.ts'
import { type PolicyKind, validatePolicy } from './validate.ts'

const STATEMENT = { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/*' }
const TRUST = { Effect: 'Allow', Principal: { AWS: '111122223333' }, Action: 'sts:AssumeRole' }
const BUCKET = { ...STATEMENT, Principal: '*' }

const document = (...statements: readonly object[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements })
const message = (text: string, kind: PolicyKind = 'managed', bucketName?: string): string | undefined =>
  validatePolicy(text, kind, { bucketName })?.message

const SYNTAX = 'Syntax errors in policy.'
const NO_ACTIONS = 'Policy statement must contain actions.'
const NO_RESOURCES = 'Policy statement must contain resources.'
const LEGACY = 'The policy failed legacy parsing'
const NO_VENDOR = 'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.'
const IAM_PATH =
  'IAM resource path must either be "*" or start with user/, federated-user/, role/, group/, instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, access-report/.'

describe('an identity policy', () => {
  it('of the document is accepted', () => {
    const paid = { Effect: 'Allow', Action: ['aws-marketplace:RegisterUsage'], Resource: '*' }
    for (const kind of ['identity', 'managed', 'session'] as const) {
      expect(message(document(STATEMENT), kind)).toBeUndefined()
      expect(message(document(paid), kind)).toBeUndefined()
    }
  })

  it('needs version 2012-10-17 only where it is managed', () => {
    const old = JSON.stringify({ Version: '2008-10-17', Statement: STATEMENT })
    const none = JSON.stringify({ Statement: STATEMENT })
    for (const text of [old, none]) {
      expect(message(text)).toBe('Policy document must be version 2012-10-17 or greater.')
      expect(message(text, 'identity')).toBeUndefined()
    }
  })

  it.each([
    ['not JSON', '{', SYNTAX],
    ['empty', ' ', SYNTAX],
    [
      'a character beyond U+00FF',
      document(STATEMENT).replace('GetObject', 'Get\u0100'),
      'The specified value for policyDocument is invalid. It must contain only printable ASCII characters.',
    ],
    ['an unknown element', JSON.stringify({ Version: '2012-10-17', Statement: STATEMENT, Extra: 1 }), SYNTAX],
    ['an unknown version', JSON.stringify({ Version: '2012-10-18', Statement: STATEMENT }), SYNTAX],
    ['no statement', document(), SYNTAX],
    ['an empty statement', document({}), SYNTAX],
    ['a bad effect', document({ ...STATEMENT, Effect: 'Permit' }), SYNTAX],
    ['an effect in the wrong case', document({ ...STATEMENT, Effect: 'allow' }), LEGACY],
    ['a pair', document({ ...STATEMENT, NotAction: 's3:*' }), SYNTAX],
    ['a number as resource', document({ ...STATEMENT, Resource: 1 }), SYNTAX],
    ['an unknown operator', document({ ...STATEMENT, Condition: { StringMatches: { 'k:x': 'a' } } }), SYNTAX],
    ['NullIfExists', document({ ...STATEMENT, Condition: { NullIfExists: { 'k:x': 'true' } } }), SYNTAX],
    ['a Sid with a space', document({ ...STATEMENT, Sid: 'a b' }), SYNTAX],
    ['a key twice', document(STATEMENT).replace('"Action"', '"Effect":"Deny","Action"'), SYNTAX],
    [
      'a principal',
      document({ ...STATEMENT, Principal: { AWS: '*' } }),
      'Policy document should not specify a principal.',
    ],
    [
      'a principal that is a bare name',
      document({ ...STATEMENT, Principal: 'x' }),
      'Policy document should not specify a principal.',
    ],
    [
      'a bad date',
      document({ ...STATEMENT, Condition: { DateLessThanIfExists: { 'aws:CurrentTime': 'now' } } }),
      LEGACY,
    ],
    ['a short ARN with ::', document({ ...STATEMENT, Resource: 'arn:aws:sns::x' }), LEGACY],
    [
      'the same Sid twice',
      document({ ...STATEMENT, Sid: 'a' }, { ...STATEMENT, Sid: 'a' }),
      'Statement IDs (SID) in a single policy must be unique.',
    ],
    ['no action', document({ Effect: 'Allow', Resource: '*' }), NO_ACTIONS],
    ['an empty list of actions', document({ ...STATEMENT, Action: [] }), NO_ACTIONS],
    ['no resource', document({ Effect: 'Allow', Action: 's3:*' }), NO_RESOURCES],
    ['an empty list of resources', document({ ...STATEMENT, Resource: [] }), NO_RESOURCES],
    ['an action without vendor', document({ ...STATEMENT, Action: 'GetObject' }), NO_VENDOR],
    ['a condition key without vendor', document({ ...STATEMENT, Condition: { Bool: { x: 'true' } } }), NO_VENDOR],
    ['a wildcard as vendor', document({ ...STATEMENT, Action: 's*:GetObject' }), 'Vendor s* is not valid'],
    [
      'two colons',
      document({ ...STATEMENT, Action: 's3:Get:Object' }),
      'Actions/Condition can contain only one colon.',
    ],
    [
      'a resource that is no ARN',
      document({ ...STATEMENT, Resource: 'bucket' }),
      'Resource bucket must be in ARN format or "*".',
    ],
    [
      'another partition',
      document({ ...STATEMENT, Resource: 'arn:aws-cn:s3' }),
      'Partition "aws-cn" is not valid for resource "arn:aws-cn:s3:*:*:*".',
    ],
    [
      'a wildcard as service',
      document({ ...STATEMENT, Resource: 'arn:aws:s*:::b' }),
      'Resource vendor must be fully qualified and cannot contain regexes.',
    ],
    [
      'a region in IAM',
      document({ ...STATEMENT, Resource: 'arn:aws:iam:us-east-1:1:role/x' }),
      'IAM resource arn:aws:iam:us-east-1:1:role/x cannot contain region information.',
    ],
    ['a path of IAM', document({ ...STATEMENT, Resource: 'arn:aws:iam::1:thing/x' }), IAM_PATH],
    [
      'a region in S3',
      document({ ...STATEMENT, Resource: 'arn:aws:s3:us-east-1::b' }),
      'Resource arn:aws:s3:us-east-1::b can not contain region information.',
    ],
  ])('with %s is refused', (_name, text, expected) => {
    expect(message(text)).toBe(expected)
  })

  it.each([
    ['a wildcard in the partition', { ...STATEMENT, Resource: 'arn:*:s3:::b' }],
    ['an access point', { ...STATEMENT, Resource: 'arn:aws:s3:us-west-2:111122223333:accesspoint/x' }],
    ['a short ARN', { ...STATEMENT, Resource: 'arn:aws:sns' }],
    ['a tag key with colons', { ...STATEMENT, Condition: { StringEquals: { 'aws:ResourceTag/aws:x:y': 'a' } } }],
    ['empty Sids', { ...STATEMENT, Sid: '' }],
    ['set operators', { ...STATEMENT, Condition: { 'ForAnyValue:StringLikeIfExists': { 'aws:TagKeys': ['a*'] } } }],
    ['booleans and numbers', { ...STATEMENT, Condition: { Bool: { 'k:x': true }, NumericEquals: { 'k:y': [1, 2] } } }],
  ])('with %s is accepted', (_name, statement) => {
    expect(message(document(statement, statement))).toBeUndefined()
  })

  it("is checked in AWS's order", () => {
    const faults: readonly (readonly [expected: string, change: object])[] = [
      [SYNTAX, { Effect: 'Permit' }],
      ['Policy document should not specify a principal.', { Principal: '*' }],
      [LEGACY, { Condition: { DateEquals: { 'k:x': 'now' } } }],
      ['Statement IDs (SID) in a single policy must be unique.', { Sid: 'twice' }],
      ['Resource x must be in ARN format or "*".', { Resource: 'x' }],
      [NO_VENDOR, { Action: 'x' }],
    ]
    faults.forEach(([expected], i) => {
      const statement = Object.assign({}, STATEMENT, ...faults.slice(i).map(([, change]) => change))
      expect(message(document(statement, statement))).toBe(expected)
    })
  })

  it('says where the problem is', () => {
    const text = '{"Version":"2012-10-17",\n"Statement":{"Effect":"Allow","Action":"s3:*",\n  "Resource":["*","x"]}}'
    expect(validatePolicy(text, 'managed')?.span?.start).toMatchObject({ line: 3, column: 19 })
  })
})

describe('a trust policy', () => {
  const invalid = (type: string, value: string): string => `Invalid principal in policy: "${type}":"${value}"`
  const shared = (issuer: string, key: string): string =>
    `The trust policy trusts shared OpenID Connect provider "${issuer}" without a Condition scoping "${key}" to your own tenant.`
  const oidc = (issuer: string, Condition?: object): object => ({
    Effect: 'Allow',
    Principal: { Federated: `arn:aws:iam::111122223333:oidc-provider/${issuer}` },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition,
  })
  const GITHUB = 'token.actions.githubusercontent.com'

  it.each([
    ['an account', TRUST],
    ['everyone', { ...TRUST, Principal: { AWS: '*' } }],
    ['a role with a path', { ...TRUST, Principal: { AWS: ['arn:aws:iam::111122223333:role/a/b'] } }],
    ['a session', { ...TRUST, Principal: { AWS: 'arn:aws:sts::111122223333:assumed-role/a/b' } }],
    [
      'a service',
      { ...TRUST, Principal: { Service: 'pods.eks.amazonaws.com' }, Action: ['sts:AssumeRole', 'sts:TagSession'] },
    ],
    ['sts:*', { ...TRUST, Action: 'sts:*' }],
    [
      'actions in other case',
      { ...TRUST, Action: ['STS:assumerole', 'sts:SetSourceIdentity', 'sts:SetContext', 'sts:AssumeRoleWithSAML'] },
    ],
    ['a private issuer without conditions', oidc('oidc.example.com/id/1')],
    ['a shared issuer with its tenant', oidc(GITHUB, { StringLike: { [`${GITHUB}:SUB`]: 'repo:me/*' } })],
  ])('with %s is accepted', (_name, statement) => {
    expect(message(document(statement), 'trust')).toBeUndefined()
  })

  it.each([
    ['not JSON', '{', 'This policy contains invalid Json'],
    ['a list', '[]', 'This policy contains invalid Json'],
    [
      'an unknown version',
      JSON.stringify({ Version: '2012', Statement: TRUST }),
      'The policy must contain a valid version string',
    ],
    ['no statement', document(), 'Could not parse the policy: Statement is empty!'],
    [
      'the same Sid twice',
      document({ ...TRUST, Sid: 'a' }, { ...TRUST, Sid: 'a' }),
      'The Statement Ids in the policy are not unique',
    ],
    ['no effect', document({ ...TRUST, Effect: undefined }), 'Missing required field Effect'],
    ['a bad effect', document({ ...TRUST, Effect: 'Permit' }), 'Invalid effect: Permit'],
    ['no principal', document({ ...TRUST, Principal: undefined }), 'Missing required field Principal'],
    ['an empty principal', document({ ...TRUST, Principal: {} }), 'Missing required field Principal cannot be empty!'],
    ['a bare principal', document({ ...TRUST, Principal: '*' }), 'Principal must be a JSON object.'],
    [
      'Allow with NotPrincipal',
      document({ ...TRUST, Principal: undefined, NotPrincipal: { AWS: '*' } }),
      'Allow with NotPrincipal is not allowed.',
    ],
    [
      'Deny with NotPrincipal',
      document({ ...TRUST, Effect: 'Deny', Principal: undefined, NotPrincipal: { AWS: '*' } }),
      'AssumeRole policy must not contain NotPrincipal field.',
    ],
    ['no action', document({ ...TRUST, Action: undefined }), 'Missing required field Action'],
    [
      'another action',
      document({ ...TRUST, Action: ['sts:AssumeRole', 'sts:GetSessionToken'] }),
      'AssumeRole policy may only specify STS AssumeRole actions.',
    ],
    ['every action', document({ ...TRUST, Action: '*' }), 'AssumeRole policy may only specify STS AssumeRole actions.'],
    ['a resource', document({ ...TRUST, Resource: '*' }), 'Has prohibited field Resource'],
    ['NotResource', document({ ...TRUST, NotResource: '*' }), 'AssumeRole policy must not contain resources.'],
    ['an unknown operator', document({ ...TRUST, Condition: { X: { 'k:x': 'a' } } }), 'Syntax error in policy.'],
    ['an unknown element', document({ ...TRUST, Extra: 1 }), 'Syntax error in policy.'],
    ['an unknown type of principal', document({ ...TRUST, Principal: { Group: 'x' } }), 'Syntax error in policy.'],
    [
      'a wildcard in an ARN',
      document({ ...TRUST, Principal: { AWS: 'arn:aws:iam::111122223333:role/*' } }),
      invalid('AWS', 'arn:aws:iam::111122223333:role/*'),
    ],
    [
      'a group',
      document({ ...TRUST, Principal: { AWS: 'arn:aws:iam::111122223333:group/x' } }),
      invalid('AWS', 'arn:aws:iam::111122223333:group/x'),
    ],
    ['no service', document({ ...TRUST, Principal: { Service: 'example.com' } }), invalid('SERVICE', 'example.com')],
    [
      'no provider',
      document({ ...TRUST, Principal: { Federated: 'example.com' } }),
      invalid('FEDERATED', 'example.com'),
    ],
    ['a shared issuer', document(oidc(GITHUB)), shared(GITHUB, `${GITHUB}:sub`)],
    [
      'a shared issuer and a wildcard',
      document(oidc(GITHUB, { StringLike: { [`${GITHUB}:sub`]: ['repo:me/*', '*'] } })),
      shared(GITHUB, `${GITHUB}:sub`),
    ],
    [
      'a shared issuer and a negation',
      document(oidc(GITHUB, { StringNotEquals: { [`${GITHUB}:sub`]: 'x' } })),
      shared(GITHUB, `${GITHUB}:sub`),
    ],
    [
      'a shared issuer and IfExists',
      document(oidc(GITHUB, { StringEqualsIfExists: { [`${GITHUB}:sub`]: 'x' } })),
      shared(GITHUB, `${GITHUB}:sub`),
    ],
    [
      'a shared issuer told apart by aud',
      document(oidc('oidc.vercel.com', { StringEquals: { 'oidc.vercel.com:sub': 'x' } })),
      shared('oidc.vercel.com', 'oidc.vercel.com:aud'),
    ],
    [
      'Cognito without its pool',
      document({ ...TRUST, Principal: { Federated: 'cognito-identity.amazonaws.com' } }),
      'A condition block must be present for the Cognito provider',
    ],
  ])('with %s is refused', (_name, text, expected) => {
    expect(message(text, 'trust')).toBe(expected)
  })
})

describe('a bucket policy', () => {
  it.each([
    ['white space in front', ` ${document(BUCKET)}`, "Policies must be valid JSON and the first byte must be '{'"],
    ['not JSON', '{', "Policies must be valid JSON and the first byte must be '{'"],
    ['no statement', '{"Version":"2012-10-17"}', 'Missing required field Statement'],
    ['no principal', document(STATEMENT), 'Missing required field Principal'],
    ['a bad principal', document({ ...BUCKET, Principal: { AWS: 'alice' } }), 'Invalid principal in policy'],
    ['no action', document({ ...BUCKET, Action: [] }), 'Missing required field Action'],
    ['an action of another service', document({ ...BUCKET, Action: 'iam:GetRole' }), 'Policy has invalid action'],
    ['no resource', document({ ...BUCKET, Resource: undefined }), 'Missing required field Resource'],
    ['another bucket', document({ ...BUCKET, Resource: 'arn:aws:s3:::b2/*' }), 'Policy has invalid resource'],
    ['an unknown operator', document({ ...BUCKET, Condition: { X: { 'k:x': 'a' } } }), 'Invalid Condition type : X'],
  ])('with %s is refused', (_name, text, expected) => {
    expect(message(text, 'bucket', 'b')).toBe(expected)
  })

  it('about its bucket and the objects in it is accepted', () => {
    expect(
      message(
        document({ ...BUCKET, Sid: 'with spaces', Resource: ['arn:aws:s3:::b', 'arn:aws:s3:::b/*'] }),
        'bucket',
        'b',
      ),
    ).toBeUndefined()
  })
})

describe('the size of a policy', () => {
  it('does not count white space', () => {
    expect(policySizeCharacters('{ "a" :\r\n\t"b c" }')).toBe('{"a":"bc"}'.length)
  })
})

describe('a service control policy', () => {
  const scp = (...statements: readonly object[]) => message(document(...statements), 'scp')
  const DENY = { Effect: 'Deny', Action: '*', Resource: '*' }

  it('has the whole language but for principals', () => {
    for (const accepted of [
      DENY,
      { Effect: 'Allow', NotAction: ['iam:*', 's3:*Object'], NotResource: 'arn:aws:s3:::b/*' },
      { ...STATEMENT, Condition: { StringEquals: { 'aws:RequestedRegion': 'eu-west-1' } } },
      { ...DENY, Resource: 'arn:aws:s3*' },
    ]) {
      expect(scp(accepted)).toBeUndefined()
    }
  })

  it.each([
    ['a principal', { ...DENY, Principal: '*' }, 'A service control policy must not have a Principal or NotPrincipal.'],
    [
      'NotPrincipal',
      { ...DENY, NotPrincipal: { AWS: '*' } },
      'A service control policy must not have a Principal or NotPrincipal.',
    ],
    ['no action', { ...DENY, Action: undefined }, 'The statement has no Action or NotAction.'],
    ['an empty list of actions', { ...DENY, Action: [] }, 'The statement has no Action or NotAction.'],
    [
      'a wildcard in the service',
      { ...DENY, Action: 's*:GetObject' },
      'Action "s*:GetObject" is neither "*" nor of the form service:Name, with wildcards in the name only.',
    ],
    ['no resource', { ...DENY, Resource: undefined }, 'The statement has no Resource or NotResource.'],
    ['no ARN', { ...DENY, Resource: 'bucket' }, 'Resource "bucket" is neither "*" nor an ARN with all its fields.'],
    [
      'a short ARN',
      { ...DENY, Resource: 'arn:aws:s3' },
      'Resource "arn:aws:s3" is neither "*" nor an ARN with all its fields.',
    ],
    [
      'an unknown operator',
      { ...DENY, Condition: { StringMatches: { 'k:x': 'a' } } },
      'Condition operator "StringMatches" does not exist.',
    ],
    ['a bad effect', { ...DENY, Effect: 'deny' }, 'Syntax error: Effect is Allow or Deny.'],
  ])('is refused for %s', (_name, statement, expected) => {
    expect(scp(statement)).toBe(expected)
  })

  it('needs its version, and Sids that differ', () => {
    const VERSION = 'The policy must have the Version "2012-10-17".'
    expect(message(JSON.stringify({ Statement: DENY }), 'scp')).toBe(VERSION)
    expect(message(JSON.stringify({ Version: '2008-10-17', Statement: DENY }), 'scp')).toBe(VERSION)
    expect(scp({ ...DENY, Sid: 'a' }, { ...DENY, Sid: 'a' })).toBe('The Sid "a" stands on two statements.')
    expect(message('[]', 'scp')).toBe('The policy is not a JSON object.')
  })
})

describe('a resource control policy', () => {
  const DENY = { Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: '*' }
  const rcp = (statement: object, resourceControlServices?: readonly string[]) =>
    validatePolicy(document(statement), 'rcp', { resourceControlServices })?.message

  it('denies everybody something', () => {
    expect(rcp(DENY)).toBeUndefined()
    expect(
      rcp({
        ...DENY,
        Resource: undefined,
        NotResource: 'arn:aws:s3:::b',
        Condition: { Bool: { 'aws:SecureTransport': false } },
      }),
    ).toBeUndefined()
    expect(rcp(DENY, ['s3', 'sts'])).toBeUndefined()
  })

  it.each([
    [
      'an Allow',
      { ...DENY, Effect: 'Allow' },
      'A resource control policy can only deny: RCPFullAWSAccess, which is always attached, allows.',
    ],
    [
      'NotPrincipal',
      { ...DENY, Principal: undefined, NotPrincipal: { AWS: '111122223333' } },
      'A resource control policy must not have NotPrincipal.',
    ],
    [
      'somebody',
      { ...DENY, Principal: { AWS: '111122223333' } },
      'The Principal of a resource control policy is "*"; narrow it with conditions.',
    ],
    [
      'nobody',
      { ...DENY, Principal: undefined },
      'The Principal of a resource control policy is "*"; narrow it with conditions.',
    ],
    [
      'NotAction',
      { ...DENY, Action: undefined, NotAction: 's3:*' },
      'A resource control policy must not have NotAction.',
    ],
    ['every action', { ...DENY, Action: '*' }, 'Action "*" is not supported here: name the service, as in "s3:*".'],
    [
      'a short ARN',
      { ...DENY, Resource: 'arn:aws:s3*' },
      'Resource "arn:aws:s3*" is neither "*" nor an ARN with all its fields.',
    ],
  ])('is refused for %s', (_name, statement, expected) => {
    expect(rcp(statement)).toBe(expected)
  })

  it('is refused for a service that it does not reach', () => {
    expect(rcp({ ...DENY, Action: 'ec2:*' }, ['s3'])).toBe('Resource control policies do not reach the service "ec2".')
  })
})

describe('a policy of a resource', () => {
  it.each([
    [
      'a principal of every type',
      { ...STATEMENT, Principal: { AWS: '111122223333', Service: 'ec2.amazonaws.com' } },
      undefined,
    ],
    ['no resource', { ...STATEMENT, Principal: '*', Resource: undefined }, undefined],
    ['no principal', STATEMENT, 'The statement has no Principal.'],
    ['an empty principal', { ...STATEMENT, Principal: {} }, 'The Principal is empty.'],
    [
      'a wildcard in a principal',
      { ...STATEMENT, Principal: { AWS: 'arn:aws:iam::111122223333:user/*' } },
      '"arn:aws:iam::111122223333:user/*" is no principal of the type AWS.',
    ],
  ])('with %s', (_name, statement, expected) => {
    expect(message(document(statement), 'resource')).toBe(expected)
  })

  it('of a VPC endpoint names resources', () => {
    expect(message(document({ ...STATEMENT, Principal: '*' }), 'endpoint')).toBeUndefined()
    expect(message(document({ ...STATEMENT, Principal: '*', Resource: undefined }), 'endpoint')).toBe(
      'The statement has no Resource or NotResource.',
    )
  })
})
