import type { Range } from '../../../policy/index.ts'

/** Lines and characters of a line that are shown of a policy. */
const LINES_MAX = 12
const CHARACTERS_MAX = 160

/** The lines of a policy where a range stands, whole where they are short; of a policy on one line, the range itself. */
export function excerptOf(document: string, { line, column, endLine, endColumn }: Range): string {
  const lines = document.split('\n').slice(line - 1, endLine)
  const shown = lines.slice(0, LINES_MAX).map((text, place) => {
    if (text.length <= CHARACTERS_MAX) return text
    const from = place === 0 ? column - 1 : 0
    const to = place === lines.length - 1 ? endColumn - 1 : text.length
    return cut(text.slice(from, to))
  })
  return [...withoutIndent(shown), ...(lines.length > LINES_MAX ? ['…'] : [])].join('\n')
}

function cut(text: string): string {
  return text.length <= CHARACTERS_MAX ? text : `${text.slice(0, CHARACTERS_MAX)}…`
}

function withoutIndent(lines: readonly string[]): readonly string[] {
  const indents = lines.filter((text) => text.trim() !== '').map((text) => text.length - text.trimStart().length)
  const common = Math.min(...indents)
  return lines.map((text) => text.slice(Number.isFinite(common) ? common : 0))
}
