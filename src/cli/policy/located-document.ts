import { readFileSync, statSync } from 'node:fs'
import { isMap, isPair, isScalar, LineCounter, type Node, parseDocument } from 'yaml'
import { UsageError } from '../usage-error.ts'

/** Where a value stands in a document: the names of members and the places in lists that lead to it. */
export type DocumentPath = readonly (string | number)[]

export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** Longest file that is read, in bytes; own limit. */
const FILE_BYTES_MAX = 16 * 1024 * 1024
/** Nodes that aliases may stand for; own limit, so that a small file cannot unfold into a huge one. */
const ALIASES_MAX = 1_000

/** A file of YAML (or JSON, which is YAML) that knows where its values stand. */
export class LocatedDocument {
  readonly file: string
  readonly text: string
  readonly value: unknown
  readonly #contents: unknown
  readonly #lines: LineCounter

  /** @throws UsageError that names file, line and column */
  constructor(file: string) {
    this.file = file
    this.text = readTextFile(file)
    this.#lines = new LineCounter()
    const document = parseDocument(this.text, { lineCounter: this.#lines, prettyErrors: false, uniqueKeys: true })
    const [problem] = document.errors
    if (problem) throw new UsageError(`${this.#at(problem.pos[0])}: ${problem.message}`)
    this.#contents = document.contents
    try {
      this.value = document.toJS({ maxAliasCount: ALIASES_MAX })
    } catch (error) {
      throw new UsageError(`${file}: ${(error as Error).message}`)
    }
  }

  /** The place of a value, or of the nearest that holds it where it is absent. */
  place(path: DocumentPath): Place {
    let node: unknown = this.#contents
    let offset = offsetOf(node) ?? 0
    for (const step of path) {
      node = childOf(node, step)
      offset = offsetOf(node) ?? offset
      if (isPair(node)) node = node.value
    }
    const { line, col: column } = this.#lines.linePos(offset)
    return { file: this.file, line: Math.max(line, 1), column: Math.max(column, 1) }
  }

  refuse(path: DocumentPath, message: string): UsageError {
    return new UsageError(`${placeText(this.place(path))}: ${message}`)
  }

  #at(offset: number): string {
    const { line, col: column } = this.#lines.linePos(offset)
    return placeText({ file: this.file, line, column })
  }
}

export function placeText({ file, line, column }: Place): string {
  return `${file}:${line}:${column}`
}

/** @throws UsageError */
export function readTextFile(file: string): string {
  let bytes: Buffer
  try {
    if (file !== '-' && statSync(file).size > FILE_BYTES_MAX) {
      throw new UsageError(`${file} is longer than ${FILE_BYTES_MAX} bytes`)
    }
    bytes = readFileSync(file === '-' ? 0 : file)
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`cannot read ${file}: ${(error as Error).message}`)
  }
  const text = bytes.toString('utf8')
  return text.startsWith('\ufeff') ? text.slice(1) : text
}

/** A member is told by its name, which stands before its value. */
function childOf(node: unknown, step: string | number): unknown {
  if (isMap(node)) return node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step))
  if (node !== null && typeof node === 'object' && 'items' in node && Array.isArray(node.items)) {
    return node.items[Number(step)]
  }
  return undefined
}

function offsetOf(node: unknown): number | undefined {
  const located = isPair(node) ? node.key : node
  return (located as Node | null | undefined)?.range?.[0]
}
