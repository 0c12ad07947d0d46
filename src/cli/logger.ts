import { type DestinationStream, type Logger, pino } from 'pino'
import { prettyFactory } from 'pino-pretty'
import type { LogLevel } from './settings.ts'

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
  const pretty = prettyFactory({
    colorize: process.env.NO_COLOR === undefined,
    ignore: 'pid,hostname',
    singleLine: true,
  })
  return { write: (line: string) => process.stderr.write(pretty(JSON.parse(line)) ?? line) }
}
