import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { findConditionKey } from '../../policy/index.ts'
import { openServiceAuthorization, SERVICE_AUTHORIZATION_FILE } from './service-authorization.ts'

const BUILT = fileURLToPath(new URL('../../../build/service-authorization', import.meta.url))

describe('the service authorization data', () => {
  const data = openServiceAuthorization(BUILT)

  it('opens without reading a service, in milliseconds', () => {
    const times = Array.from({ length: 5 }, () => {
      const start = performance.now()
      openServiceAuthorization(BUILT)
      return performance.now() - start
    })
    expect(Math.min(...times)).toBeLessThan(15)
  })

  it('has services, actions with their level, resource types with ARNs, keys with types', () => {
    expect(data.prefixes.size).toBeGreaterThan(400)
    const s3 = data.service('S3')
    expect(s3?.name).toBe('Amazon S3')
    expect(s3?.actions.get('getobject')).toMatchObject({ name: 'GetObject', accessLevel: 'Read' })
    expect(s3?.actions.get('getobject')?.resourceTypes.map(({ name }) => name)).toContain('object')
    expect(s3?.actions.get('listallmybuckets')?.resourceTypes).toEqual([])
    expect(s3?.actions.get('putobjecttagging')?.accessLevel).toBe('Tagging')
    expect(s3?.resourceTypes.get('bucket')?.arn).toBe(`arn:\${Partition}:s3:::\${BucketName}`)
    expect(data.resourceControlServices.has('kms')).toBe(true)
    expect(data.service('no-such-service')).toBeUndefined()
    expect(data.service('__proto__')).toBeUndefined()
  })

  it('finds keys in any case, with variable parts, global ones and those of identity providers', () => {
    const typeOf = (name: string) => findConditionKey(data, name)?.type
    expect(typeOf('aws:PRINCIPALARN')).toBe('ARN')
    expect(typeOf('aws:ResourceTag/team')).toBe('String')
    expect(typeOf('aws:ResourceTag/')).toBeUndefined()
    expect(typeOf('s3:ExistingObjectTag/team')).toBe('String')
    expect(typeOf('aws:TagKeys')).toBe('ArrayOfString')
    expect(typeOf('saml:aud')).toBe('String')
    expect(typeOf('s3:nothing')).toBeUndefined()
  })
})

it('what is not built, or built by another version, is refused with what to run', () => {
  const folder = mkdtempSync(join(tmpdir(), 'openirsa-authorization-'))
  try {
    expect(() => openServiceAuthorization(folder)).toThrow('npm run prepare')
    writeFileSync(join(folder, SERVICE_AUTHORIZATION_FILE), '{"format":0}\n')
    expect(() => openServiceAuthorization(folder)).toThrow('its format is 0')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
