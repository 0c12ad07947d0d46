import { NormalizedSchema } from '@smithy/core/schema'
import { assert } from '../aws/assert.ts'
import type { ServiceProtocol } from '../aws/service-protocol.ts'
import type { HttpBinding, OperationModel, ServiceModel } from './service-model.ts'
import {
  type Location,
  type Member,
  type ScalarType,
  type Shape,
  type StructureShape,
  type TimestampFormat,
  UNIT,
  type XmlNamespace,
} from './shape.ts'

/**
 * Reads a service's operations from the schemas that an AWS SDK client package exports (names ending in `$`).
 * Shapes are translated when an operation is first used, so that a start costs its names only.
 *
 * The only place that knows the SDK's schema form: a version of the SDK that changes it changes this file.
 *
 * @param schemas  the module object of the client package, or one of our own in the same form
 */
export function loadServiceModel(protocol: ServiceProtocol, schemas: Readonly<Record<string, unknown>>): ServiceModel {
  const shapes: ShapeCache = new Map()
  const operations = new Map<string, OperationModel>()
  for (const schema of Object.values(schemas)) {
    if (!isOperationSchema(schema)) continue
    const operation = readOperation(schema, shapes)
    if (operation) operations.set(operation.name, operation)
  }
  assert(operations.size > 0, `the schemas of ${protocol.name} have operations`)
  return { ...protocol, operations }
}

/** `[9, namespace, name, traits, () => input, () => output]` */
type OperationSchema = readonly [9, string, string, unknown, SchemaRef, SchemaRef]
type SchemaRef = Parameters<typeof NormalizedSchema.of>[0]
/** Keyed by the SDK's own schema object, which also ends recursion. */
type ShapeCache = Map<unknown, Shape>

const OPERATION_TAG = 9

function isOperationSchema(schema: unknown): schema is OperationSchema {
  return Array.isArray(schema) && schema[0] === OPERATION_TAG && typeof schema[2] === 'string'
}

function readOperation(schema: OperationSchema, shapes: ShapeCache): OperationModel | undefined {
  const [, , name, traits, input, output] = schema
  const { http, endpoint } = operationTraits(traits)
  // Another host than the service's (`{RequestRoute}.s3-object-lambda…`): not a request that can arrive here.
  if (endpoint !== undefined) return undefined
  let inputShape: StructureShape | undefined
  let outputShape: StructureShape | undefined
  return {
    name,
    ...(http ? { http } : {}),
    get input() {
      inputShape ??= readRoot(input, shapes)
      return inputShape
    },
    get output() {
      outputShape ??= readRoot(output, shapes)
      return outputShape
    },
  }
}

function operationTraits(traits: unknown): { readonly http?: HttpBinding; readonly endpoint?: unknown } {
  if (typeof traits !== 'object' || traits === null) return {}
  const { http, endpoint } = traits as {
    readonly http?: readonly [string, string, number]
    readonly endpoint?: unknown
  }
  return { endpoint, ...(http ? { http: { method: http[0], uri: http[1], status: http[2] } } : {}) }
}

function readRoot(ref: SchemaRef, shapes: ShapeCache): StructureShape {
  const schema = NormalizedSchema.of(ref)
  if (schema.isUnitSchema()) return UNIT
  const shape = readShape(schema, shapes)
  assert(shape.kind === 'structure', 'inputs and outputs are structures')
  return shape
}

function readShape(schema: NormalizedSchema, shapes: ShapeCache): Shape {
  if (schema.isStructSchema()) return readStructure(schema, shapes)
  if (schema.isListSchema() || schema.isMapSchema()) return readCollection(schema, shapes)
  return { kind: 'scalar', type: scalarType(schema), isStreaming: schema.isStreaming() }
}

function readStructure(schema: NormalizedSchema, shapes: ShapeCache): Shape {
  const source = schema.getSchema()
  const known = shapes.get(source)
  if (known) return known
  const members: Member[] = []
  const name = schema.getName() ?? ''
  const shape: StructureShape = {
    kind: 'structure',
    name,
    isUnion: schema.isUnionSchema(),
    members,
    xmlName: schema.getOwnTraits().xmlName,
  }
  shapes.set(source, shape)
  const requiredCount = Array.isArray(source) && typeof source[6] === 'number' ? source[6] : 0
  for (const [memberName, member] of schema.structIterator()) {
    members.push(readMember(memberName, member, members.length < requiredCount, shapes))
  }
  return shape
}

/** Lists of scalars share a numeric schema but may differ in their traits, so only named ones could be cached: none are. */
function readCollection(schema: NormalizedSchema, shapes: ShapeCache): Shape {
  const value = schema.getValueSchema()
  if (schema.isListSchema()) return { kind: 'list', element: readMember('member', value, false, shapes) }
  const key = readMember('key', schema.getKeySchema(), true, shapes)
  return { kind: 'map', key, value: readMember('value', value, false, shapes) }
}

function readMember(name: string, schema: NormalizedSchema, isRequired: boolean, shapes: ShapeCache): Member {
  const traits = schema.getMergedTraits()
  return {
    name,
    shape: readShape(schema, shapes),
    isRequired,
    isSensitive: Boolean(traits.sensitive),
    location: readLocation(traits),
    timestampFormat: schema.isTimestampSchema() ? TIMESTAMP_FORMATS[Number(schema.getSchema())] : undefined,
    jsonName: traits.jsonName,
    // The root's own element name is no name for the members that have its type.
    xmlName: schema.getMemberTraits().xmlName,
    isXmlFlattened: Boolean(traits.xmlFlattened),
    isXmlAttribute: Boolean(traits.xmlAttribute),
    xmlNamespace: readNamespace(traits.xmlNamespace),
  }
}

/** The SDK's numbers for timestamps with a fixed form; 4 leaves it to the protocol. */
const TIMESTAMP_FORMATS: Readonly<Record<number, TimestampFormat>> = {
  5: 'date-time',
  6: 'http-date',
  7: 'epoch-seconds',
}

type Traits = ReturnType<NormalizedSchema['getMergedTraits']>

function readLocation(traits: Traits): Location {
  if (traits.httpPayload) return { kind: 'payload' }
  if (traits.httpLabel) return { kind: 'label' }
  if (traits.httpQuery) return { kind: 'query', name: traits.httpQuery }
  if (traits.httpQueryParams) return { kind: 'query-params' }
  if (traits.httpHeader) return { kind: 'header', name: traits.httpHeader.toLowerCase() }
  if (traits.httpPrefixHeaders) return { kind: 'prefix-headers', name: traits.httpPrefixHeaders.toLowerCase() }
  if (traits.httpResponseCode) return { kind: 'status' }
  return { kind: 'body' }
}

function readNamespace(namespace: unknown): XmlNamespace | undefined {
  if (typeof namespace === 'string') return { uri: namespace, prefix: undefined }
  if (!Array.isArray(namespace)) return undefined
  const [prefix, uri] = namespace
  return { uri: String(uri), prefix: String(prefix) }
}

function scalarType(schema: NormalizedSchema): ScalarType {
  if (schema.isStringSchema()) return 'string'
  if (schema.isNumericSchema()) return 'number'
  if (schema.isBooleanSchema()) return 'boolean'
  if (schema.isTimestampSchema()) return 'timestamp'
  if (schema.isBlobSchema()) return 'blob'
  assert(schema.isDocumentSchema(), `the SDK's schema ${schema.getName(true)} is of a known type`)
  return 'document'
}
