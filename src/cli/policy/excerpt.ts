import type { Range } from '../../policy/explain/explanation.ts'
import { plainText } from '../plain-text.ts'

/** A part of a policy, with the lines to look at marked. */
export interface Excerpt {
  readonly policy: string
  readonly file: string
  /** The line on which it begins. */
  readonly line: number
  readonly lines: readonly ExcerptLine[]
}

export interface ExcerptLine {
  readonly number: number
  readonly text: string
  readonly isMarked: boolean
}

/** What is excerpted. Lines of the policy count from 1, as in the file. */
interface ExcerptSource {
  readonly name: string
  readonly file: string
  readonly lines: readonly string[]
}

/** Lines of one statement that are shown. */
const LINES_MAX = 15
/** Characters of a line that are shown; policies are often written on a single line. */
const CHARACTERS_MAX = 160

/** @param marked  the parts to look at, inside of the range */
export function excerptOf({ name, file, lines }: ExcerptSource, range: Range, marked: readonly Range[]): Excerpt {
  const numbers = Array.from({ length: range.endLine - range.line + 1 }, (_, place) => range.line + place)
  const firstMarked = Math.min(...marked.map(({ line }) => line))
  // A long statement is shown from where it matters.
  const start = numbers.length > LINES_MAX && firstMarked < Infinity ? Math.max(0, firstMarked - range.line - 2) : 0
  return {
    policy: name,
    file,
    line: range.line,
    lines: numbers.slice(start, start + LINES_MAX).map((number) => {
      const here = marked.find(({ line }) => line === number) ?? (number === range.line ? range : undefined)
      const isMarked = marked.some(({ line }) => line === number)
      return { number, text: cut(lines[number - 1] ?? '', here?.column ?? 1), isMarked }
    }),
  }
}

/** Lines with their numbers, unindented; the marked ones have a pointer. @returns each with whether it is marked */
export function excerptLines(lines: readonly ExcerptLine[]): readonly (readonly [text: string, isMarked: boolean])[] {
  const indent = Math.min(...lines.filter(({ text }) => text.trim() !== '').map(({ text }) => text.search(/\S/)))
  const width = String(lines.at(-1)?.number ?? 0).length
  return lines.map(({ number, text, isMarked }) => [
    `${isMarked ? '>' : ' '} ${String(number).padStart(width)} | ${plainText(text.slice(indent))}`.trimEnd(),
    isMarked,
  ])
}

function cut(line: string, column: number): string {
  const text = line.trimEnd()
  if (text.length <= CHARACTERS_MAX) return text
  const start = Math.min(column - 1, text.length - CHARACTERS_MAX)
  const end = start + CHARACTERS_MAX
  return `${start > 0 ? '…' : ''}${text.slice(start, end)}${end < text.length ? '…' : ''}`
}
