import * as s3 from '@aws-sdk/client-s3'
import { describe, expect, test } from 'vitest'
import { loadServiceModel } from './schema-adapter.ts'
import type { StructureShape } from './shape.ts'
import { S3 } from './testing/services.ts'
import { parseXml } from './xml-document.ts'
import { readXmlInput } from './xml-input.ts'

const MALFORMED = expect.objectContaining({ code: 'MalformedXML', status: 400 })

describe('parseXml', () => {
  test('reads elements, attributes, text, CDATA, comments and references', () => {
    const xml =
      '<?xml version="1.0" encoding="UTF-8"?>\n<!-- a > comment -->\n' +
      `<a:Root xmlns:a="u" b = '&lt;&quot;'><Child/>x&amp;&#65;&#x1F600;<![CDATA[<&]]]>y</a:Root>\n`
    expect(parseXml(xml)).toMatchObject({
      name: 'Root',
      attributes: new Map([
        ['xmlns:a', 'u'],
        ['b', '<"'],
      ]),
      text: 'x&A😀<&]y',
      children: [{ name: 'Child', text: '', children: [] }],
    })
  })

  test.each([
    '',
    ' ',
    'text',
    '<a>',
    '</a>',
    '<a></b>',
    '<a><b></a></b>',
    '<a/><b/>',
    '<a/>text',
    '<a>&</a>',
    '<a>&nbsp;</a>',
    '<a>&#0;</a>',
    '<a>&#xD800;</a>',
    '<a>&#x110000;</a>',
    '<a>\u0001</a>',
    '<a b></a>',
    '<a b=c></a>',
    '<a b="1" b="2"></a>',
    '<a b="<"></a>',
    '<a><!-- </a>',
    '<a><![CDATA[</a>',
    '<1/>',
    '<>',
    '<a',
    '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
    '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
  ])('refuses %j', (xml) => {
    expect(() => parseXml(xml)).toThrow(MALFORMED)
  })

  test('takes 32 levels and refuses one more', () => {
    const nested = (levels: number) => '<a>'.repeat(levels) + '</a>'.repeat(levels)
    expect(parseXml(nested(32)).name).toBe('a')
    expect(() => parseXml(nested(33))).toThrow(MALFORMED)
    expect(() => parseXml('<a>'.repeat(1_000_000))).toThrow(MALFORMED)
  })

  test('takes 150,000 elements and refuses one more', () => {
    expect(parseXml(`<a>${'<b/>'.repeat(149_999)}</a>`).children).toHaveLength(149_999)
    expect(() => parseXml(`<a>${'<b/>'.repeat(150_000)}</a>`)).toThrow(MALFORMED)
  })

  test.each([
    ['&', `<a>${'&'.repeat(1_000_000)}</a>`],
    ['open attribute', `<a ${'b="'.repeat(300_000)}>`],
    ['spaces', `<a${' '.repeat(1_000_000)}`],
    ['spaces in a tag', `<a${' '.repeat(1_000_000)}b>`],
    ['comment', `<a>${'<!--'.repeat(250_000)}`],
  ])('refuses a megabyte of hostile %s in linear time', (_, xml) => {
    const start = performance.now()
    expect(() => parseXml(xml)).toThrow(MALFORMED)
    expect(performance.now() - start).toBeLessThan(2000)
  })
})

describe('readXmlInput', () => {
  const model = loadServiceModel(S3, s3)

  function payloadOf(operation: string): StructureShape {
    const shape = model.operations
      .get(operation)
      ?.input.members.find(({ location }) => location.kind === 'payload')?.shape
    if (shape?.kind !== 'structure') throw new Error(`${operation} has no structure in its body`)
    return shape
  }

  function readDelete(xml: string) {
    return readXmlInput(payloadOf('DeleteObjects'), Buffer.from(xml))
  }

  test('reads flattened lists, and keeps spaces in strings only', () => {
    const xml =
      '\ufeff<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">\n <Object><Key> a&#13;</Key></Object>\n' +
      ' <Unknown>1</Unknown><Object><Key>b</Key><VersionId>v</VersionId></Object><Quiet> true </Quiet></Delete>'
    expect(readDelete(xml)).toEqual({ Objects: [{ Key: ' a\r' }, { Key: 'b', VersionId: 'v' }], Quiet: true })
  })

  test.each([
    ['a required member is missing', '<Delete><Object><VersionId>v</VersionId></Object></Delete>'],
    ['a required list is missing', '<Delete><Quiet>true</Quiet></Delete>'],
    ['a member stands twice', '<Delete><Object><Key>a</Key><Key>b</Key></Object></Delete>'],
    ['text has elements inside', '<Delete><Object><Key><b/></Key></Object></Delete>'],
    ['a boolean is none', '<Delete><Object><Key>a</Key></Object><Quiet>yes</Quiet></Delete>'],
  ])('refuses a body where %s', (_, xml) => {
    expect(() => readDelete(xml)).toThrow(MALFORMED)
  })

  test('refuses bytes that are not UTF-8', () => {
    expect(() => readXmlInput(payloadOf('DeleteObjects'), Uint8Array.of(0x3c, 0x61, 0xff))).toThrow(MALFORMED)
  })

  test('a bucket without a location is made from an empty element', () => {
    expect(readXmlInput(payloadOf('CreateBucket'), Buffer.from('<CreateBucketConfiguration/>'))).toEqual({})
  })
})
