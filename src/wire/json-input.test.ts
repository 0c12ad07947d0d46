import * as eks from '@aws-sdk/client-eks'
import * as metering from '@aws-sdk/client-marketplace-metering'
import { describe, expect, test } from 'vitest'
import { readJsonInput } from './json-input.ts'
import { loadServiceModel } from './schema-adapter.ts'
import { EKS, METERING } from './testing/services.ts'

const EKS_MODEL = loadServiceModel(EKS, eks)
const METERING_MODEL = loadServiceModel(METERING, metering)

function readCluster(body: string | Uint8Array): Record<string, unknown> {
  const shape = EKS_MODEL.operations.get('CreateCluster')?.input
  if (!shape) throw new Error('no CreateCluster')
  return readJsonInput(shape, typeof body === 'string' ? Buffer.from(body) : body)
}

function readUsage(body: string): Record<string, unknown> {
  const shape = METERING_MODEL.operations.get('MeterUsage')?.input
  if (!shape) throw new Error('no MeterUsage')
  return readJsonInput(shape, Buffer.from(body))
}

function refused(read: () => unknown): unknown {
  try {
    read()
  } catch (error) {
    return error
  }
  return 'accepted'
}

describe('readJsonInput', () => {
  test('reads what the model knows and leaves out the rest, null included', () => {
    const body = { name: 'c', version: null, unknown: { deep: 1 }, tags: { a: '1' }, logging: { clusterLogging: [] } }
    expect(readCluster(JSON.stringify(body))).toEqual({
      name: 'c',
      tags: { a: '1' },
      logging: { clusterLogging: [] },
    })
  })

  test('an empty body is an empty input', () => {
    expect(readCluster('')).toEqual({})
  })

  test('reads epoch seconds, with or without a fraction', () => {
    expect(readUsage('{"Timestamp":1764000000}')).toEqual({ Timestamp: new Date(1_764_000_000_000) })
    expect(readUsage('{"Timestamp":1764000000.123}')).toEqual({ Timestamp: new Date(1_764_000_000_123) })
  })

  test.each([
    ['[]', 'START_ARRAY can not be converted to a structure'],
    ['null', 'NULL_VALUE can not be converted to a structure'],
    ['"x"', 'STRING_VALUE can not be converted to a structure'],
    ['{"name":1}', 'NUMBER_VALUE can not be converted to a String'],
    ['{"name":{}}', 'START_OBJECT can not be converted to a String'],
    ['{"tags":[]}', 'START_ARRAY can not be converted to a map'],
    ['{"tags":{"a":1}}', 'NUMBER_VALUE can not be converted to a String'],
    ['{"tags":{"a":null}}', 'NULL_VALUE is not allowed in a list or a map'],
    ['{"resourcesVpcConfig":{"subnetIds":"a"}}', 'STRING_VALUE can not be converted to a list'],
    ['{"resourcesVpcConfig":{"subnetIds":[null]}}', 'NULL_VALUE is not allowed in a list or a map'],
    ['{"resourcesVpcConfig":{"endpointPublicAccess":"true"}}', 'STRING_VALUE can not be converted to a Boolean'],
    ['{"name":"\\ud800"}', 'Invalid Unicode surrogate in a string'],
    ['{"tags":{"\\ud800":"x"}}', 'Invalid Unicode surrogate in a string'],
    ['{"name":"a"', 'Unable to parse JSON'],
    ['{"name":"a"} x', 'Unable to parse JSON'],
    ['\ufeff{"name":"a"}', 'Unable to parse JSON'],
  ])('refuses %s', (body, message) => {
    expect(refused(() => readCluster(body))).toMatchObject({ code: 'SerializationException', status: 400, message })
  })

  test.each(['"1764000000"', 'true', '1e300'])('refuses %s for a timestamp', (value) => {
    expect(refused(() => readUsage(`{"Timestamp":${value}}`))).toMatchObject({ code: 'SerializationException' })
  })

  test('refuses bytes that are not UTF-8', () => {
    expect(refused(() => readCluster(Uint8Array.of(0x22, 0xff, 0x22)))).toMatchObject({
      message: 'Unable to parse UTF-8 text',
    })
  })

  test('takes 64 levels and refuses one more, also a million', () => {
    const nested = (levels: number) => `{"unknown":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)},"name":"]\\"[{"}`
    expect(readCluster(nested(64))).toEqual({ name: ']"[{' })
    expect(refused(() => readCluster(nested(65)))).toMatchObject({ message: 'Exceeded maximum depth 64' })
    expect(refused(() => readCluster(nested(1_000_000)))).toMatchObject({ message: 'Exceeded maximum depth 64' })
  })

  test('no key reaches a prototype', () => {
    const input = readCluster('{"__proto__":{"polluted":1},"name":"a","tags":{"__proto__":"x","constructor":"y"}}')
    expect(Object.getPrototypeOf(input)).toBe(Object.prototype)
    expect(input).not.toHaveProperty('polluted')
    expect(Object.entries(input.tags as object)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ])
    expect({}).not.toHaveProperty('polluted')
  })

  test('members are not looked up on a prototype', () => {
    expect(readCluster('{}')).toEqual({})
  })
})
