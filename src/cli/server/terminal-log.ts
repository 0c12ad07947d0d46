import { stripVTControlCharacters, styleText } from 'node:util'

/** What pino writes of a log line, as far as it is shown on a terminal. */
interface LogLine {
  readonly level: string
  readonly time: string
  readonly msg?: string
  readonly err?: { readonly message?: string; readonly stack?: string }
  readonly [name: string]: unknown
}

/** A line about a call (call-log.ts). */
interface CallLine {
  readonly eventSource: string
  readonly eventName: string
  readonly userIdentity: { readonly arn?: string; readonly userName?: string }
  readonly errorCode?: string
  readonly status: number
  readonly durationMs: number
}

export interface TerminalStyle {
  readonly isColored: boolean
}

/**
 * Returns a log line as a person reads it on a terminal. One line a call: time, service, operation, who, outcome, how long;
 * what broke stands below.
 *
 * @param json  one line of JSON
 */
export function terminalLine(json: string, { isColored }: TerminalStyle): string {
  const line = JSON.parse(json) as LogLine
  const paint: Paint = (format, text) => (isColored ? styleText(format, text, { validateStream: false }) : text)
  const clock = paint('dim', line.time.slice(11, 19))
  const content = isCallLine(line) ? callText(line, paint) : plainText(line, paint)
  const cause = line.err === undefined ? '' : `\n${indented(line.err.stack ?? line.err.message ?? '')}`
  return `${clock}  ${content}${cause}\n`
}

type Paint = (format: Parameters<typeof styleText>[0], text: string) => string

function isCallLine(line: LogLine): line is LogLine & CallLine {
  return line.msg === 'call' && typeof line.eventSource === 'string' && typeof line.status === 'number'
}

/** Client errors are everyday, and stand out less than what is the server's own fault. */
function callText(
  { eventSource, eventName, userIdentity, errorCode, status, durationMs }: CallLine,
  paint: Paint,
): string {
  const operation = `${eventSource.replace(/\..*$/, '')}:${eventName}`
  const outcome = errorCode === undefined ? String(status) : `${status} ${errorCode}`
  const color = status >= 500 ? 'red' : status >= 400 ? 'yellow' : 'green'
  const who = userIdentity.arn?.split(':').slice(5).join(':') ?? userIdentity.userName ?? 'anonymous'
  const took = `${durationMs < 10 ? durationMs.toFixed(1) : Math.round(durationMs)} ms`
  return `${operation.padEnd(34)} ${paint(color, outcome)}  ${plain(who)}  ${paint('dim', took)}`
}

const NOT_SHOWN = new Set(['level', 'time', 'msg', 'err'])

function plainText(line: LogLine, paint: Paint): string {
  const level = line.level === 'info' ? '' : `${paint(line.level === 'error' ? 'red' : 'yellow', line.level)} `
  const facts = Object.entries(line)
    .filter(([name]) => !NOT_SHOWN.has(name))
    .map(([name, value]) => `  ${name}=${plain(typeof value === 'string' ? value : JSON.stringify(value))}`)
  return level + plain(line.msg ?? '') + paint('dim', facts.join(''))
}

/** Characters by which a caller's text could move the cursor or paint over other lines are left out. */
function plain(text: string): string {
  return stripVTControlCharacters(text).replace(/[\x00-\x1f\x7f-\x9f]/g, '')
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((row) => `          ${plain(row)}`)
    .join('\n')
}
