import { createReadStream } from 'node:fs'
import { access, constants, stat } from 'node:fs/promises'
import { evaluate } from '../../policy/evaluate.ts'
import { explain } from '../../policy/explain/explain.ts'
import type { DocumentedRequest } from '../../policy/request-document.ts'
import { EXIT, UsageError } from '../usage-error.ts'
import { type InputLine, LINE_BYTES_MAX, readInputLines } from './input-lines.ts'
import { PolicyCache } from './policy-cache.ts'
import { type LineError, readRequestLine } from './request-line.ts'

/** Bytes read at once. */
const CHUNK_BYTES = 256 * 1024
/** Characters of answers that are written at once. */
const WRITE_CHARACTERS_MAX = 256 * 1024

/**
 * Answers requests, one a line, in order, until the input ends or nobody reads the answers any more.
 *
 * @param files  JSON Lines; standard input where there are none
 * @returns the exit code: done, or failed where some lines were no requests
 * @throws UsageError where a file cannot be read
 */
export async function evaluateLines(files: readonly string[], flags: { readonly explain?: boolean }): Promise<number> {
  for (const file of files) await refuseUnreadable(file)
  const cache = new PolicyCache()
  let hasErrors = false
  for (const file of files.length === 0 ? ['-'] : files) {
    for await (const lines of readInputLines(openInput(file))) {
      let text = ''
      for (const line of lines) {
        const answer = answerLine(line, cache, flags.explain === true)
        if (answer.error !== undefined) hasErrors = true
        text += `${JSON.stringify(answer)}\n`
        if (text.length > WRITE_CHARACTERS_MAX) {
          await write(text)
          text = ''
        }
      }
      if (text !== '') await write(text)
    }
  }
  return hasErrors ? EXIT.failed : EXIT.done
}

interface Answer {
  readonly id: unknown
  readonly error?: LineError
}

function answerLine(line: InputLine, cache: PolicyCache, isExplained: boolean): Answer {
  if (line.kind !== 'text') return { id: null, error: unreadableLine(line) }
  const read = readRequestLine(line.text, line.number, cache)
  if (read.kind === 'error') return { id: read.id, error: read.error }
  return { id: read.id, ...(isExplained ? answerWithReason(read) : answer(read)) }
}

function answer({ request, sets }: DocumentedRequest) {
  const { decision, matchedStatements } = evaluate(request, sets)
  return { decision, matchedStatements }
}

function answerWithReason({ request, sets }: DocumentedRequest) {
  const explanation = explain(request, sets)
  const { decision, matchedStatements } = explanation
  return { decision, matchedStatements, explanation }
}

function unreadableLine({ kind, number }: Exclude<InputLine, { kind: 'text' }>): LineError {
  return kind === 'too long'
    ? { code: 'LineTooLong', message: `longer than ${LINE_BYTES_MAX} bytes`, line: number, column: 1 }
    : { code: 'InvalidEncoding', message: 'the line is not UTF-8', line: number, column: 1 }
}

function openInput(file: string): AsyncIterable<Uint8Array> {
  if (file !== '-') return createReadStream(file, { highWaterMark: CHUNK_BYTES })
  if (process.stdin.isTTY) console.error('Reading requests from the terminal, one a line; Ctrl-D ends.')
  return process.stdin
}

async function refuseUnreadable(file: string): Promise<void> {
  if (file === '-') return
  try {
    await access(file, constants.R_OK)
    if (!(await stat(file)).isDirectory()) return
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${(error as Error).message}`)
  }
  throw new UsageError(`cannot read ${file}: it is a folder`)
}

/** Waits until the text is on its way, so that a slow reader slows the reading down. */
function write(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()))
  })
}
