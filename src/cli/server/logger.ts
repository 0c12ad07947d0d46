import { type DestinationStream, type Logger, pino } from 'pino'
import type { LogLevel } from '../settings/setting-value.ts'
import { terminalLine } from './terminal-log.ts'

export type { Logger }

/** JSON lines on stderr, or readable lines where stderr is a terminal. */
export function openLogger(level: LogLevel): Logger {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: levelName } },
    stream(),
  )
}

function levelName(label: string): { level: string } {
  return { level: label }
}

function stream(): DestinationStream {
  if (!process.stderr.isTTY) return pino.destination({ dest: 2, sync: true })
  const style = { isColored: process.stderr.hasColors(process.env) }
  return { write: (json) => process.stderr.write(terminalLine(json, style)) }
}
