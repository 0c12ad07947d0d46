import * as eks from '@aws-sdk/client-eks'
import * as iam from '@aws-sdk/client-iam'
import * as sts from '@aws-sdk/client-sts'
import { describe, expect, test } from 'vitest'
import type { ConstraintTable, ServiceConstraints } from '../aws/constraints.ts'
import { loadServiceModel } from './schema-adapter.ts'
import type { ServiceModel } from './service-model.ts'
import { EKS, IAM, STS } from './testing/services.ts'
import { validateInput } from './validate.ts'

const IAM_MODEL = loadServiceModel(IAM, iam)
const STS_MODEL = loadServiceModel(STS, sts)
const EKS_MODEL = loadServiceModel(EKS, eks)

function constraints(table: ConstraintTable, showsValue = true): ServiceConstraints {
  return { table, showsValue, error: { code: 'ValidationError', status: 400 } }
}

function problem(model: ServiceModel, name: string, input: object, rules: ServiceConstraints): string | undefined {
  const operation = model.operations.get(name)
  if (!operation) throw new Error(`no operation ${name}`)
  return validateInput(operation, input as Record<string, unknown>, rules)?.message
}

const FAILED = 'failed to satisfy constraint:'

describe('validateInput', () => {
  test('tells of every required member that is missing', () => {
    expect(problem(IAM_MODEL, 'CreateRole', {}, constraints({}))).toBe(
      `2 validation errors detected: Value null at 'roleName' ${FAILED} Member must not be null; ` +
        `Value null at 'assumeRolePolicyDocument' ${FAILED} Member must not be null`,
    )
    expect(problem(IAM_MODEL, 'GetRole', { RoleName: 'a' }, constraints({}))).toBeUndefined()
  })

  test('answers with the code of the service', () => {
    const operation = IAM_MODEL.operations.get('GetRole')
    const error = operation && validateInput(operation, {}, { ...constraints({}), error: { code: 'C', status: 418 } })
    expect(error).toMatchObject({ code: 'C', status: 418 })
  })

  test('accepts the limits of a length and refuses what is beyond', () => {
    const rules = constraints({ RoleName: { min: 2, max: 3 } })
    const get = (RoleName: string) => problem(IAM_MODEL, 'GetRole', { RoleName }, rules)
    expect(get('ab')).toBeUndefined()
    expect(get('abc')).toBeUndefined()
    expect(get('😀😀😀')).toBeUndefined()
    expect(get('a')).toBe(
      `1 validation error detected: Value 'a' at 'roleName' ${FAILED} Member must have length greater than or equal to 2`,
    )
    expect(get('abcd')).toBe(
      `1 validation error detected: Value 'abcd' at 'roleName' ${FAILED} Member must have length less than or equal to 3`,
    )
  })

  test('refuses U+0000 in every text, without showing it: no database and no answer could hold it', () => {
    const refused = (at: string) =>
      `1 validation error detected: Value at '${at}' ${FAILED} Member must not contain the character U+0000`
    const rules = constraints({})
    expect(problem(IAM_MODEL, 'GetRole', { RoleName: 'a\0' }, rules)).toBe(refused('roleName'))
    const tagged = (tags: object) => problem(EKS_MODEL, 'TagResource', { resourceArn: 'a', tags }, rules)
    expect(tagged({ a: 'b' })).toBeUndefined()
    expect(tagged({ a: '\0' })).toBe(refused('tags'))
    expect(tagged({ '\0': 'b' })).toBe(refused('tags'))
    const untagged = (tagKeys: string[]) => problem(EKS_MODEL, 'UntagResource', { resourceArn: 'a', tagKeys }, rules)
    expect(untagged(['a', 'b'])).toBeUndefined()
    expect(untagged(['a', '\0'])).toBe(refused('tagKeys'))
    const patterned = constraints({ RoleName: { pattern: /[\w]+/u, patternText: '[\\w]+' } }, false)
    expect(problem(IAM_MODEL, 'GetRole', { RoleName: '\0' }, patterned)).toMatch(/^1 validation error .* pattern: /)
  })

  test('measures numbers by their value', () => {
    const rules = constraints({ DurationSeconds: { min: 900, max: 43_200 } })
    const get = (DurationSeconds: number) => problem(STS_MODEL, 'GetSessionToken', { DurationSeconds }, rules)
    expect(get(900)).toBeUndefined()
    expect(get(43_200)).toBeUndefined()
    expect(get(899)).toContain(
      `Value '899' at 'durationSeconds' ${FAILED} Member must have value greater than or equal to 900`,
    )
    expect(get(43_201)).toContain('Member must have value less than or equal to 43200')
  })

  test('a pattern must match the whole value, anchored or not', () => {
    for (const pattern of [/[\w]+/u, /^(?:[\w]+)$/u, /a|[\w]+/u]) {
      const rules = constraints({ RoleName: { pattern, patternText: '[\\w]+' } })
      expect(problem(IAM_MODEL, 'GetRole', { RoleName: 'ab' }, rules)).toBeUndefined()
      for (const RoleName of ['a b', 'ab\n', '']) {
        expect(problem(IAM_MODEL, 'GetRole', { RoleName }, rules)).toBe(
          `1 validation error detected: Value '${RoleName}' at 'roleName' ${FAILED} Member must satisfy regular expression pattern: [\\w]+`,
        )
      }
    }
  })

  test('a service that hides values hides the set of an enumeration too', () => {
    const table: ConstraintTable = { Status: { enum: ['Active', 'Inactive'] } }
    const input = { AccessKeyId: 'AKIA', Status: 'x' }
    expect(problem(IAM_MODEL, 'UpdateAccessKey', input, constraints(table, false))).toBe(
      `1 validation error detected: Value at 'status' ${FAILED} Member must satisfy enum value set`,
    )
    expect(problem(IAM_MODEL, 'UpdateAccessKey', input, constraints(table))).toBe(
      `1 validation error detected: Value 'x' at 'status' ${FAILED} Member must satisfy enum value set: [Active, Inactive]`,
    )
  })

  test('never shows the value of a sensitive member', () => {
    const rules = constraints({ WebIdentityToken: { max: 3 } })
    const input = { RoleArn: 'a', RoleSessionName: 'b', WebIdentityToken: 'secret' }
    const message = problem(STS_MODEL, 'AssumeRoleWithWebIdentity', input, rules)
    expect(message).toContain("Value at 'webIdentityToken'")
    expect(message).not.toContain('secret')
  })

  test('names structures in lists by number', () => {
    const rules = constraints({ 'Tag.Key': { max: 2 }, Tags: { max: 2 } }, false)
    const Tags = [{ Key: 'ab', Value: '' }, { Key: 'abc', Value: '' }, { Value: '' }]
    expect(problem(IAM_MODEL, 'TagRole', { RoleName: 'r', Tags }, rules)).toBe(
      `3 validation errors detected: Value at 'tags' ${FAILED} Member must have length less than or equal to 2; ` +
        `Value at 'tags.2.member.key' ${FAILED} Member must have length less than or equal to 2; ` +
        `Value null at 'tags.3.member.key' ${FAILED} Member must not be null`,
    )
  })

  test('tells of the entries of a list as one problem with every rule', () => {
    const rules = constraints({ TagKeys: { member: { min: 1, max: 2 } } })
    expect(problem(IAM_MODEL, 'UntagRole', { RoleName: 'r', TagKeys: ['a', 'bb'] }, rules)).toBeUndefined()
    expect(problem(IAM_MODEL, 'UntagRole', { RoleName: 'r', TagKeys: ['a', '', 'ccc'] }, rules)).toBe(
      `1 validation error detected: Value '[a, , ccc]' at 'tagKeys' ${FAILED} Member must satisfy constraint: ` +
        '[Member must have length less than or equal to 2, Member must have length greater than or equal to 1]',
    )
  })

  test('tells of the keys and the values of a map', () => {
    const rules = constraints({ tags: { max: 2, key: { max: 1 }, value: { max: 1 } } })
    const get = (tags: object) => problem(EKS_MODEL, 'TagResource', { resourceArn: 'a', tags }, rules)
    expect(get({ a: 'b' })).toBeUndefined()
    expect(get({ aa: 'b' })).toContain(
      'Map keys must satisfy constraint: [Member must have length less than or equal to 1]',
    )
    expect(get({ a: 'bb' })).toContain('Map value must satisfy constraint: [Member must have length less than')
    expect(get({ a: '', b: '', c: '' })).toContain(
      "at 'tags' failed to satisfy constraint: Member must have length less",
    )
  })

  test('the rule of a structure goes before the rule of the name', () => {
    const rules = constraints({ RoleName: { max: 1 }, 'GetRoleRequest.RoleName': { max: 5 } })
    expect(problem(IAM_MODEL, 'GetRole', { RoleName: 'abcde' }, rules)).toBeUndefined()
    expect(problem(IAM_MODEL, 'DeleteRole', { RoleName: 'abcde' }, rules)).toBeDefined()
  })

  test('counts every problem and shows twenty, and cuts long values', () => {
    const rules = constraints({ 'Tag.Key': { max: 2 }, RoleName: { max: 2 } })
    const Tags = Array.from({ length: 30 }, () => ({ Key: 'abc', Value: '' }))
    const message = problem(IAM_MODEL, 'TagRole', { RoleName: 'r'.repeat(100_000), Tags }, rules)
    expect(message).toMatch(/^31 validation errors detected: /)
    expect(message?.split('; ')).toHaveLength(20)
    expect(message?.length).toBeLessThan(5000)
  })
})
