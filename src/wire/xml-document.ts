import { AwsError } from '../aws/aws-error.ts'

/** An element of a request's XML. Namespace prefixes are dropped from element names, kept in attribute names. */
export interface XmlElement {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly XmlElement[]
  /** All text directly inside, as written, references resolved. */
  readonly text: string
}

/** Code and text of S3 for a body that is no XML or not what the operation takes. */
export function malformedXml(): AwsError {
  return new AwsError(
    { code: 'MalformedXML', status: 400 },
    'The XML you provided was not well-formed or did not validate against our published schema',
  )
}

/**
 * Reads a document: elements, attributes, text, CDATA, comments. There are no DTDs and no entities but XML's own five, so
 * that nothing can expand.
 *
 * @throws AwsError `MalformedXML`
 */
export function parseXml(text: string): XmlElement {
  const open: OpenElement[] = []
  let root: OpenElement | undefined
  let count = 0
  let position = 0
  while (position < text.length) {
    const token = nextToken(text, position)
    position = token.end
    switch (token.kind) {
      case 'ignored':
        break
      case 'text': {
        const parent = open.at(-1)
        if (parent) parent.text += token.text
        else if (token.text.trim() !== '') throw malformedXml()
        break
      }
      case 'open': {
        count += 1
        if (count > ELEMENTS_MAX || open.length >= DEPTH_MAX || (root && open.length === 0)) throw malformedXml()
        const element: OpenElement = { ...token, children: [], text: '' }
        open.at(-1)?.children.push(element)
        root ??= element
        if (!token.isEmpty) open.push(element)
        break
      }
      case 'close':
        if (open.pop()?.qualifiedName !== token.qualifiedName) throw malformedXml()
        break
    }
  }
  if (!root || open.length > 0) throw malformedXml()
  return root
}

/** S3's deepest input, a lifecycle or notification configuration, has eight levels. Our own limit. */
const DEPTH_MAX = 32
/** CompleteMultipartUpload names 10,000 parts of up to 13 elements each. Our own limit. */
const ELEMENTS_MAX = 150_000

interface OpenElement extends XmlElement {
  readonly qualifiedName: string
  readonly children: OpenElement[]
  text: string
}

type Token =
  | { readonly kind: 'ignored'; readonly end: number }
  | { readonly kind: 'text'; readonly end: number; readonly text: string }
  | { readonly kind: 'close'; readonly end: number; readonly qualifiedName: string }
  | {
      readonly kind: 'open'
      readonly end: number
      readonly qualifiedName: string
      readonly name: string
      readonly attributes: ReadonlyMap<string, string>
      readonly isEmpty: boolean
    }

function nextToken(text: string, start: number): Token {
  if (text[start] !== '<') {
    const end = indexOrEnd(text, '<', start)
    return { kind: 'text', end, text: resolveReferences(text.slice(start, end)) }
  }
  if (text.startsWith('<!--', start)) return { kind: 'ignored', end: endOf(text, '-->', start + '<!--'.length) }
  if (text.startsWith('<?', start)) return { kind: 'ignored', end: endOf(text, '?>', start) }
  if (text.startsWith(CDATA_START, start)) {
    const end = endOf(text, ']]>', start)
    return { kind: 'text', end, text: checkedCharacters(text.slice(start + CDATA_START.length, end - ']]>'.length)) }
  }
  const end = endOf(text, '>', start)
  const tag = text.slice(start + 1, end - 1)
  return tag.startsWith('/') ? { kind: 'close', end, qualifiedName: tag.slice(1).trimEnd() } : openingTag(tag, end)
}

const CDATA_START = '<![CDATA['

function indexOrEnd(text: string, search: string, start: number): number {
  const index = text.indexOf(search, start)
  return index === -1 ? text.length : index
}

function endOf(text: string, search: string, start: number): number {
  const index = text.indexOf(search, start)
  if (index === -1) throw malformedXml()
  return index + search.length
}

/** Names as S3's clients write them: ASCII, one prefix at most. `<!DOCTYPE` has none and is refused. */
const NAME = /^(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)/
const ATTRIBUTE = /\s+((?:[A-Za-z_][\w.-]*:)?[A-Za-z_][\w.-]*)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y

/** A `>` inside of an attribute's value ends the tag too early here, and is refused: clients escape it. */
function openingTag(tag: string, end: number): Token {
  const isEmpty = tag.endsWith('/')
  const content = (isEmpty ? tag.slice(0, -1) : tag).trimEnd()
  const name = content.match(NAME)
  if (!name?.[1]) throw malformedXml()
  const attributes = readAttributes(content, name[0].length)
  return { kind: 'open', end, qualifiedName: name[0], name: name[1], attributes, isEmpty }
}

function readAttributes(content: string, start: number): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>()
  ATTRIBUTE.lastIndex = start
  let position = start
  while (position < content.length) {
    ATTRIBUTE.lastIndex = position
    const [, name, double, single] = ATTRIBUTE.exec(content) ?? []
    if (name === undefined || attributes.has(name)) throw malformedXml()
    attributes.set(name, resolveReferences(double ?? single ?? ''))
    position = ATTRIBUTE.lastIndex
  }
  return attributes
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
])

/** `&amp;`, `&#13;`, `&#xD;`; a lone `&` is no text of XML. */
const REFERENCE = /&(?:#x([0-9A-Fa-f]{1,6})|#(\d{1,7})|([a-z]{2,4}));|&/g

function resolveReferences(text: string): string {
  if (!text.includes('&')) return checkedCharacters(text)
  return checkedCharacters(text).replaceAll(REFERENCE, (_, hex?: string, decimal?: string, entity?: string) => {
    if (hex !== undefined) return character(Number.parseInt(hex, 16))
    if (decimal !== undefined) return character(Number(decimal))
    const value = entity === undefined ? undefined : ENTITIES.get(entity)
    if (value === undefined) throw malformedXml()
    return value
  })
}

function character(codePoint: number): string {
  if (codePoint > 0x10ffff || (codePoint >= 0xd800 && codePoint <= 0xdfff)) throw malformedXml()
  return checkedCharacters(String.fromCodePoint(codePoint))
}

/** @see https://www.w3.org/TR/xml/#charsets */
const NOT_ALLOWED = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/

function checkedCharacters(text: string): string {
  if (NOT_ALLOWED.test(text)) throw malformedXml()
  return text
}
