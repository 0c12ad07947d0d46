import { stringify } from 'yaml'
import { plainText } from './plain-text.ts'
import { UsageError } from './usage-error.ts'

const FORMATS = ['table', 'json', 'yaml', 'name'] as const

export type OutputFormat = (typeof FORMATS)[number]

export const OUTPUT_OPTION = ['--output <format>', FORMATS.join(', ')] as const

/** @throws UsageError */
export function parseOutputFormat(text: string): OutputFormat {
  const format = FORMATS.find((known) => known === text)
  if (format === undefined) throw new UsageError(`--output ${text} is none of ${FORMATS.join(', ')}`)
  return format
}

export interface Printable {
  /** What JSON and YAML show. */
  readonly value: unknown
  /** Rows of text; the first one is the head. */
  readonly table: readonly (readonly string[])[]
  /** One line an item. */
  readonly names: readonly string[]
}

/** Prints a result to standard output, for people or for machines. */
export function print(printable: Printable, format: OutputFormat): void {
  process.stdout.write(render(printable, format))
}

function render({ value, table, names }: Printable, format: OutputFormat): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify(value, null, 2)}\n`
    case 'yaml':
      return stringify(value)
    case 'name':
      return names.map((name) => `${plainText(name)}\n`).join('')
    case 'table':
      return renderTable(table.map((row) => row.map(plainText)))
  }
}

function renderTable(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(...rows.map((row) => row.length))
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  )
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('')
}
