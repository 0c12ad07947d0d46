/** The types of a service model as the codecs see them, whatever the source of the model. */
export type Shape = StructureShape | ListShape | MapShape | ScalarShape

export interface StructureShape {
  readonly kind: 'structure'
  readonly name: string
  /** Exactly one member is set. */
  readonly isUnion: boolean
  readonly members: readonly Member[]
  /** Name of the element where the structure is a document's root. */
  readonly xmlName: string | undefined
}

/** The shape of an operation that has no input or no output at all; one that has an empty structure is another thing. */
export const UNIT: StructureShape = { kind: 'structure', name: 'Unit', isUnion: false, members: [], xmlName: undefined }

export interface ListShape {
  readonly kind: 'list'
  readonly element: Member
}

export interface MapShape {
  readonly kind: 'map'
  readonly key: Member
  readonly value: Member
}

export interface ScalarShape {
  readonly kind: 'scalar'
  readonly type: ScalarType
  /** The bytes travel as a stream, outside of any document. */
  readonly isStreaming: boolean
}

export type ScalarType = 'string' | 'number' | 'boolean' | 'timestamp' | 'blob' | 'document'

/** A shape in its place: a structure's member, a list's element, a map's key or value. */
export interface Member {
  readonly name: string
  readonly shape: Shape
  readonly isRequired: boolean
  readonly isSensitive: boolean
  readonly location: Location
  /** Absent: the protocol's own form. */
  readonly timestampFormat: TimestampFormat | undefined
  readonly jsonName: string | undefined
  readonly xmlName: string | undefined
  readonly isXmlFlattened: boolean
  readonly isXmlAttribute: boolean
  readonly xmlNamespace: XmlNamespace | undefined
}

/** Where an HTTP message carries the member. `name` is that of the header (lower case), header prefix or parameter. */
export type Location =
  | { readonly kind: 'body' }
  | { readonly kind: 'payload' }
  | { readonly kind: 'label' }
  | { readonly kind: 'query'; readonly name: string }
  | { readonly kind: 'query-params' }
  | { readonly kind: 'header'; readonly name: string }
  | { readonly kind: 'prefix-headers'; readonly name: string }
  | { readonly kind: 'status' }

export type TimestampFormat = 'date-time' | 'http-date' | 'epoch-seconds'

export interface XmlNamespace {
  readonly uri: string
  readonly prefix: string | undefined
}
