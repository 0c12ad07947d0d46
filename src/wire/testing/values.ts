import fc from 'fast-check'
import type { Member, ScalarShape, Shape, StructureShape } from '../shape.ts'

/**
 * Random values of a shape that every protocol can carry: no empty lists and structures (the query protocol has none), whole
 * seconds, bodies of requests as bytes.
 */
export function structureOf(shape: StructureShape, depth = 0): fc.Arbitrary<Record<string, unknown>> {
  const members = shape.members.filter(
    (member) => (depth < DEPTH_MAX || member.isRequired) && !CLIENT_MADE.test(member.name),
  )
  if (shape.isUnion)
    return fc.oneof(...members.map((member) => fc.record({ [member.name]: memberValue(member, depth) })))
  const values = Object.fromEntries(members.map((member) => [member.name, memberValue(member, depth)]))
  // The first member is always there, so that a structure is not empty; clients fill in idempotency tokens by themselves.
  const requiredKeys = members
    .filter(
      (member, index) =>
        member.isRequired ||
        index === 0 ||
        ['payload', 'prefix-headers'].includes(member.location.kind) ||
        /Token$/.test(member.name),
    )
    .map((member) => member.name)
  return fc.record(values, { requiredKeys, noNullPrototype: true })
}

const DEPTH_MAX = 4

/** Members of S3 that the client computes, checks or rewrites. */
const CLIENT_MADE = /SSECustomerKey|^ChecksumAlgorithm$|^Expires$/

function memberValue(member: Member, depth: number): fc.Arbitrary<unknown> {
  const { shape, location } = member
  if (location.kind === 'label') return member.name === 'Bucket' ? fc.constant('a-bucket') : TEXT
  if (shape.kind === 'scalar' && shape.type === 'string' && location.kind !== 'body' && location.kind !== 'query') {
    return location.kind === 'payload' ? TEXT : HEADER_TEXT
  }
  return ofShape(shape, depth + 1, location.kind === 'body' ? TEXT : HEADER_TEXT)
}

/** With markup, carriage returns, separators of the protocols, and characters outside of the basic plane. */
const TEXT = fc
  .array(
    fc.oneof(
      fc.constantFrom('<', '&', '>', '"', "'", '\r', '\n', '%', '+', '=', '.', '/', ':', '😀', 'é', '日'),
      fc.string({ minLength: 1, maxLength: 4 }),
    ),
    {
      minLength: 1,
      maxLength: 6,
    },
  )
  .map((parts) => `x${parts.join('')}x`)

const HEADER_TEXT = fc.stringMatching(/^[A-Za-z0-9_.-]{1,12}$/)

function ofShape(shape: Shape, depth: number, text: fc.Arbitrary<string>): fc.Arbitrary<unknown> {
  switch (shape.kind) {
    case 'structure':
      return structureOf(shape, depth)
    case 'list':
      return fc.array(ofShape(shape.element.shape, depth, text), { minLength: 1, maxLength: 3 })
    case 'map':
      return fc.dictionary(
        HEADER_TEXT.map((key) => `k${key.toLowerCase()}`),
        ofShape(shape.value.shape, depth, text),
        { minKeys: 1, maxKeys: 3 },
      )
    case 'scalar':
      return ofScalar(shape, text)
  }
}

function ofScalar({ type }: ScalarShape, text: fc.Arbitrary<string>): fc.Arbitrary<unknown> {
  switch (type) {
    case 'string':
      return text
    case 'number':
      return fc.integer({ min: 0, max: 2 ** 31 - 1 })
    case 'boolean':
      return fc.boolean()
    case 'timestamp':
      return fc.integer({ min: 0, max: 4_102_444_800 }).map((seconds) => new Date(seconds * 1000))
    case 'blob':
      return fc.uint8Array({ minLength: 1, maxLength: 16 })
    case 'document':
      return fc.jsonValue({ maxDepth: 2 })
  }
}
