import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import type { Constraint, ServiceConstraints } from '../src/aws/constraints.ts'
import { ACCESS_ANALYZER_CONSTRAINTS } from '../src/services/access-analyzer/constraints.ts'
import { EKS_CONSTRAINTS } from '../src/services/eks/constraints.ts'
import { IAM_CONSTRAINTS } from '../src/services/iam/constraints.ts'
import { MARKETPLACE_METERING_CONSTRAINTS } from '../src/services/marketplace-metering/constraints.ts'
import { S3_CONSTRAINTS } from '../src/services/s3/constraints.ts'
import { STS_CONSTRAINTS } from '../src/services/sts/constraints.ts'

/** The operations whose input must be covered, by botocore's name of the service. */
const SERVICES: Readonly<Record<string, { readonly constraints: ServiceConstraints; readonly operations: string }>> = {
  accessanalyzer: {
    constraints: ACCESS_ANALYZER_CONSTRAINTS,
    operations: 'ValidatePolicy CheckNoNewAccess CheckAccessNotGranted CheckNoPublicAccess',
  },
  iam: {
    constraints: IAM_CONSTRAINTS,
    operations: `CreatePolicy GetPolicy ListPolicies DeletePolicy CreatePolicyVersion GetPolicyVersion ListPolicyVersions
      SetDefaultPolicyVersion DeletePolicyVersion TagPolicy UntagPolicy ListPolicyTags
      CreateRole GetRole ListRoles UpdateRole UpdateRoleDescription UpdateAssumeRolePolicy DeleteRole TagRole UntagRole ListRoleTags
      PutRolePermissionsBoundary DeleteRolePermissionsBoundary
      AttachRolePolicy DetachRolePolicy ListAttachedRolePolicies PutRolePolicy GetRolePolicy ListRolePolicies DeleteRolePolicy
      CreateOpenIDConnectProvider GetOpenIDConnectProvider ListOpenIDConnectProviders DeleteOpenIDConnectProvider
      AddClientIDToOpenIDConnectProvider RemoveClientIDFromOpenIDConnectProvider UpdateOpenIDConnectProviderThumbprint
      TagOpenIDConnectProvider UntagOpenIDConnectProvider ListOpenIDConnectProviderTags
      CreateUser GetUser ListUsers DeleteUser CreateAccessKey ListAccessKeys UpdateAccessKey DeleteAccessKey
      AttachUserPolicy DetachUserPolicy ListAttachedUserPolicies PutUserPolicy GetUserPolicy ListUserPolicies DeleteUserPolicy
      SimulateCustomPolicy SimulatePrincipalPolicy GetContextKeysForCustomPolicy GetContextKeysForPrincipalPolicy`,
  },
  sts: {
    constraints: STS_CONSTRAINTS,
    operations: `AssumeRoleWithWebIdentity AssumeRole GetCallerIdentity GetSessionToken GetAccessKeyInfo
      DecodeAuthorizationMessage`,
  },
  eks: {
    constraints: EKS_CONSTRAINTS,
    operations:
      'CreateCluster DescribeCluster ListClusters DeleteCluster TagResource UntagResource ListTagsForResource',
  },
  s3: {
    constraints: S3_CONSTRAINTS,
    operations: `CreateBucket HeadBucket ListBuckets DeleteBucket PutObject GetObject HeadObject DeleteObject DeleteObjects
      CopyObject ListObjectsV2 ListObjects CreateMultipartUpload UploadPart UploadPartCopy CompleteMultipartUpload
      AbortMultipartUpload ListParts ListMultipartUploads PutBucketPolicy GetBucketPolicy DeleteBucketPolicy GetBucketLocation`,
  },
  meteringmarketplace: {
    constraints: MARKETPLACE_METERING_CONSTRAINTS,
    operations: 'RegisterUsage MeterUsage BatchMeterUsage ResolveCustomer',
  },
}

const OWN_CODE = 'S3 answers with a code of its own, so the handler judges it'
const DIRECTORY_BUCKET = 'directory buckets are refused whole by the handler'
const DOCUMENTED = 'the model has no limit, the documentation or an observed answer has (see the comment in the table)'

/** Where a table differs from the model on purpose: member by `service/Structure.Member` or `service/Member`, and why. */
const DELIBERATE_DIFFERENCES: Readonly<Record<string, string>> = {
  'sts/PolicyArns': DOCUMENTED,
  'eks/DescribeClusterRequest.name': DOCUMENTED,
  'eks/DeleteClusterRequest.name': DOCUMENTED,
  's3/MaxKeys': DOCUMENTED,
  's3/MaxParts': DOCUMENTED,
  's3/MaxUploads': DOCUMENTED,
  's3/PartNumber': DOCUMENTED,
  's3/ChecksumAlgorithm': `InvalidRequest: ${OWN_CODE}`,
  's3/ChecksumType': `InvalidRequest: ${OWN_CODE}`,
  's3/LocationConstraint': `InvalidLocationConstraint: ${OWN_CODE}; the installation's own region is accepted too`,
  's3/ServerSideEncryption': `InvalidEncryptionAlgorithmError: ${OWN_CODE}`,
  's3/StorageClass': `InvalidStorageClass: ${OWN_CODE}`,
  's3/DataRedundancy': DIRECTORY_BUCKET,
  's3/BucketInfo.Type': DIRECTORY_BUCKET,
  's3/LocationInfo.Type': DIRECTORY_BUCKET,
}

/** Prints every member reachable from the operations' inputs as one JSON list; reads its arguments as JSON from stdin. */
const DUMP = `
import json, sys
from botocore.loaders import Loader
LIMITS = ('min', 'max', 'pattern', 'enum')
def dump(service, operations):
    model = Loader().load_service_model(service, 'service-2')
    shapes, seen, found = model['shapes'], set(), []
    def limits(name):
        shape = shapes[name]
        known = {k: shape[k] for k in LIMITS if k in shape}
        for part in ('member', 'key', 'value'):
            if part in shape:
                inner = limits(shape[part]['shape'])
                if inner: known[part] = inner
        return known
    def walk(name):
        if name in seen: return
        seen.add(name)
        shape = shapes[name]
        for part in ('member', 'key', 'value'):
            if part in shape: walk(shape[part]['shape'])
        for member, target in shape.get('members', {}).items():
            found.append({'structure': name, 'member': member, 'limits': limits(target['shape'])})
            walk(target['shape'])
    for operation in operations.split():
        target = model['operations'][operation].get('input')
        if target: walk(target['shape'])
    return found
print(json.dumps({s: dump(s, o) for s, o in json.load(sys.stdin).items()}))
`

interface ModelMember {
  readonly structure: string
  readonly member: string
  readonly limits: Limits
}
type Limits = Readonly<Record<string, unknown>>

const model = readModel()

describe.skipIf(model === undefined)(
  'constraint tables against the models of botocore (skipped: python3 cannot import botocore)',
  () => {
    for (const [service, { constraints }] of Object.entries(SERVICES)) {
      const members = model?.[service] ?? []

      it(`${service}: every limit of the model is in the table, and no other`, () => {
        expect(members.length).toBeGreaterThan(0)
        const wrong = members.filter(
          (member) => differs(constraints, member) && differenceKey(service, member) === undefined,
        )
        expect(wrong.map((member) => ({ ...member, table: limitsOf(lookUp(constraints, member)) }))).toEqual([])
      })

      it(`${service}: every entry of the table is a member of an input`, () => {
        const names = new Set(members.flatMap(({ structure, member }) => [member, `${structure}.${member}`]))
        expect(Object.keys(constraints.table).filter((key) => !names.has(key))).toEqual([])
      })
    }

    it('every deliberate difference is one', () => {
      const used = new Set(
        Object.entries(SERVICES).flatMap(([service, { constraints }]) =>
          (model?.[service] ?? [])
            .filter((member) => differs(constraints, member))
            .map((member) => differenceKey(service, member)),
        ),
      )
      expect(Object.keys(DELIBERATE_DIFFERENCES).filter((key) => !used.has(key))).toEqual([])
    })
  },
)

describe('patterns of the constraint tables', () => {
  it('match the whole value', () => {
    const roleName = IAM_CONSTRAINTS.table.RoleName?.pattern
    expect(roleName?.test('my-role')).toBe(true)
    expect(roleName?.test('my role')).toBe(false)
    expect(roleName?.test('my-role\n')).toBe(false)
  })

  it('tell apart what the models tell apart', () => {
    const { table } = IAM_CONSTRAINTS
    expect(table.Path?.pattern?.test('/')).toBe(true)
    expect(table.Path?.pattern?.test('my-path')).toBe(false)
    expect(table['CreatePolicyRequest.Path']?.pattern?.test('/a/b/')).toBe(true)
    expect(table['CreatePolicyRequest.Path']?.pattern?.test('//')).toBe(false)
    expect(table['Tag.Key']?.pattern?.test('größe 😀')).toBe(false)
    expect(table['Tag.Key']?.pattern?.test('größe 𝒜')).toBe(true)
    expect(S3_CONSTRAINTS.table.CopySource?.pattern?.test('bucket/key')).toBe(true)
    expect(S3_CONSTRAINTS.table.CopySource?.pattern?.test('/bucket/a/b')).toBe(true)
    expect(S3_CONSTRAINTS.table.CopySource?.pattern?.test('bucket')).toBe(false)
    expect(S3_CONSTRAINTS.table.CopySource?.pattern?.test('bucket/')).toBe(false)
  })

  it('answer in linear time', () => {
    const units = ['a', '/', '/a', '1', 'arn:aws:', ' ', '\n', 'v1.', '=']
    // The last character decides, so that whatever can be retried is.
    const ends = ['\u{1F600}', '\n', '']
    const hostile = units.flatMap((unit) => ends.map((end) => unit.repeat(50_000) + end))
    const start = performance.now()
    for (const { constraints } of Object.values(SERVICES)) {
      for (const pattern of Object.values(constraints.table).flatMap(patternsOf)) {
        for (const value of hostile) pattern.test(`/${value}`)
      }
    }
    // A pattern that retries at every character needs 10^9 steps and more for one value.
    expect(performance.now() - start).toBeLessThan(2_000)
  })
})

function readModel(): Readonly<Record<string, readonly ModelMember[]>> | undefined {
  try {
    execFileSync('python3', ['-c', 'import botocore'], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  const wanted = Object.fromEntries(Object.entries(SERVICES).map(([service, { operations }]) => [service, operations]))
  const answer = execFileSync('python3', ['-c', DUMP], { input: JSON.stringify(wanted), maxBuffer: 16 * 1024 * 1024 })
  return JSON.parse(answer.toString())
}

function lookUp({ table }: ServiceConstraints, { structure, member }: ModelMember): Constraint | undefined {
  return table[`${structure}.${member}`] ?? table[member]
}

function differs(constraints: ServiceConstraints, member: ModelMember): boolean {
  return canonical(limitsOf(lookUp(constraints, member))) !== canonical(member.limits)
}

function differenceKey(service: string, { structure, member }: ModelMember): string | undefined {
  return [`${service}/${structure}.${member}`, `${service}/${member}`].find((key) => key in DELIBERATE_DIFFERENCES)
}

/** The constraint in the spelling of the model. */
function limitsOf(constraint: Constraint | undefined): Limits {
  if (constraint === undefined) return {}
  const { pattern, patternText, member, key, value, ...plain } = constraint
  return {
    ...plain,
    ...(patternText !== undefined && { pattern: patternText }),
    ...(member && { member: limitsOf(member) }),
    ...(key && { key: limitsOf(key) }),
    ...(value && { value: limitsOf(value) }),
  }
}

/** JSON text with sorted members, so that equal limits are equal texts. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort())
      : part,
  )
}

function patternsOf({ pattern, member, key, value }: Constraint): RegExp[] {
  const inner = [member, key, value].filter((part) => part !== undefined).flatMap(patternsOf)
  return pattern === undefined ? inner : [pattern, ...inner]
}
