import * as iam from '@aws-sdk/client-iam'
import { describe, expect, test } from 'vitest'
import { parseForm } from './form.ts'
import { readQueryInput } from './query-input.ts'
import { loadServiceModel } from './schema-adapter.ts'
import type { Member, StructureShape } from './shape.ts'
import { IAM } from './testing/services.ts'

const model = loadServiceModel(IAM, iam)

function read(operation: string, form: string): Record<string, unknown> {
  const shape = model.operations.get(operation)?.input
  if (!shape) throw new Error(`no operation ${operation}`)
  return readQueryInput(shape, parseForm(form))
}

function refusal(form: string, operation = 'CreateRole'): unknown {
  try {
    return read(operation, form)
  } catch (error) {
    return error
  }
}

describe('readQueryInput', () => {
  test('reads strings, numbers, structures in lists, and leaves out what the model does not know', () => {
    const form =
      'Action=CreateRole&Version=2010-05-08&RoleName=my-role&MaxSessionDuration=7200&Description=' +
      '&Tags.member.1.Key=team&Tags.member.1.Value=%26+%3C&Tags.member.2.Key=empty&Tags.member.2.Value=&Nonsense.1.x=1'
    expect(read('CreateRole', form)).toEqual({
      RoleName: 'my-role',
      MaxSessionDuration: 7200,
      Description: '',
      Tags: [
        { Key: 'team', Value: '& <' },
        { Key: 'empty', Value: '' },
      ],
    })
  })

  test('reads booleans', () => {
    expect(read('CreatePolicyVersion', 'SetAsDefault=true')).toEqual({ SetAsDefault: true })
    expect(read('CreatePolicyVersion', 'SetAsDefault=false')).toEqual({ SetAsDefault: false })
    expect(refusal('SetAsDefault=True', 'CreatePolicyVersion')).toMatchObject({ code: 'MalformedInput', status: 400 })
  })

  test('orders list entries by number and closes gaps, whatever the numbers', () => {
    const form = 'TagKeys.member.1000000=c&TagKeys.member.10=b&TagKeys.member.2=a&TagKeys.member.999999999=d'
    expect(read('UntagRole', form)).toEqual({ TagKeys: ['a', 'b', 'c', 'd'] })
  })

  test('an empty parameter is an empty list', () => {
    expect(read('UntagRole', 'TagKeys=')).toEqual({ TagKeys: [] })
  })

  test.each([
    ['TagKeys.member.0=a', "Invalid list index '0'"],
    ['TagKeys.member.01=a', "Invalid list index '01'"],
    ['TagKeys.member.-1=a', "Invalid list index '-1'"],
    ['TagKeys.member.1000000000=a', "Invalid list index '1000000000'"],
    ['TagKeys.member.x=a', "Invalid list index 'x'"],
    ['TagKeys.member.=a', "Invalid list index ''"],
    ['TagKeys.member=a', 'Unexpected list element termination'],
    ['TagKeys=a', 'Unexpected list element termination'],
    ['TagKeys.1=a', 'Unexpected list element termination'],
    ['TagKeys.member.1=a&TagKeys.entry.1=b', 'Unexpected list element termination'],
    ['TagKeys.member.1=a&TagKeys=b', 'Unexpected list element termination'],
    ['TagKeys.member.1.Key=a', 'Start of structure or map found where not expected.'],
    ['RoleName.member.1=a', 'Start of list found where not expected'],
    ['RoleName=a&RoleName.x=b', 'Start of structure or map found where not expected.'],
    ['RoleName=a&RoleName=a', "Parameter 'RoleName' is given more than once"],
    ['TagKeys.member.1=a&TagKeys.member.1=b', "Parameter 'TagKeys.member.1' is given more than once"],
  ])('refuses %s', (form, message) => {
    expect(refusal(form, 'UntagRole')).toMatchObject({ code: 'MalformedInput', status: 400, message })
  })

  test.each(['x', '', '0x10', '1e', '--1', '1.', 'NaN', 'Infinity', ' 1', '1'.repeat(21)])(
    'refuses %j for a number, without repeating it',
    (text) => {
      const error = refusal(`MaxSessionDuration=${text}`)
      expect(error).toMatchObject({ code: 'MalformedInput', message: "Invalid value for 'MaxSessionDuration'" })
    },
  )

  test('refuses structures where a list entry is text', () => {
    expect(refusal('Tags.member.1=x')).toMatchObject({ message: 'Unexpected complex element termination' })
  })

  test('takes 32 parts of a name and refuses one more', () => {
    expect(read('CreateRole', `${'x.'.repeat(31)}x=1`)).toEqual({})
    expect(refusal(`${'x.'.repeat(32)}x=1`)).toMatchObject({ code: 'MalformedInput' })
    expect(refusal(`${'x.'.repeat(100_000)}x=1`)).toMatchObject({ code: 'MalformedInput' })
  })

  test('no name reaches a prototype', () => {
    const input = read('CreateRole', '__proto__.polluted=1&constructor.prototype.polluted=1&RoleName=a')
    expect(input).toEqual({ RoleName: 'a' })
    expect(Object.getPrototypeOf(input)).toBe(Object.prototype)
    expect({}).not.toHaveProperty('polluted')
  })
})

describe('maps', () => {
  const text = { kind: 'scalar', type: 'string', isStreaming: false } as const
  const shape = structure([member('Labels', { kind: 'map', key: member('key', text), value: member('value', text) })])

  test('are read by entry, key and value', () => {
    const form = parseForm('Labels.entry.2.key=b&Labels.entry.2.value=2&Labels.entry.1.key=a&Labels.entry.1.value=1')
    expect(readQueryInput(shape, form)).toEqual({ Labels: { a: '1', b: '2' } })
  })

  test('a key named __proto__ is a key', () => {
    const { Labels } = readQueryInput(shape, parseForm('Labels.entry.1.key=__proto__&Labels.entry.1.value=x'))
    expect(Object.keys(Labels as object)).toEqual(['__proto__'])
  })

  test('an entry without key or value is refused', () => {
    expect(() => readQueryInput(shape, parseForm('Labels.entry.1.key=a'))).toThrow('Unexpected complex element')
    expect(() => readQueryInput(shape, parseForm('Labels.entry.1.value=a'))).toThrow('Unexpected complex element')
  })
})

test('shapes that contain themselves are read', () => {
  const members: Member[] = []
  const node = structure(members)
  members.push(member('Child', node), member('Name', { kind: 'scalar', type: 'string', isStreaming: false }))
  const form = parseForm('Name=a&Child.Name=b&Child.Child.Name=c')
  expect(readQueryInput(node, form)).toEqual({ Name: 'a', Child: { Name: 'b', Child: { Name: 'c' } } })
})

function structure(members: readonly Member[]): StructureShape {
  return { kind: 'structure', name: 'Node', isUnion: false, members, xmlName: undefined }
}

function member(name: string, shape: Member['shape']): Member {
  return {
    name,
    shape,
    isRequired: false,
    isSensitive: false,
    location: { kind: 'body' },
    timestampFormat: undefined,
    jsonName: undefined,
    xmlName: undefined,
    isXmlFlattened: false,
    isXmlAttribute: false,
    xmlNamespace: undefined,
  }
}
