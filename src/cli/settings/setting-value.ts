import { isIP } from 'node:net'
import { homedir } from 'node:os'
import path from 'node:path'
import { DEFAULT_QUOTAS } from '../../services/iam/quotas.ts'

/**
 * Readers of the values that a setting may have. Each throws an Error that says in a few words what the value must be; a value
 * that may hold a secret is not repeated.
 */
export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug', 'trace'] as const

export type LogLevel = (typeof LOG_LEVELS)[number]

/** Workers of one machine; more than this is a typing error. */
const WORKERS_MAX = 256
const PORT_MAX = 65_535

export function parseText(value: string): string {
  if (value === '') throw new Error('must not be empty')
  return value
}

export function parseToggle(value: string): boolean {
  if (/^(1|true|yes|on)$/i.test(value)) return true
  if (/^(0|false|no|off)$/i.test(value)) return false
  throw new Error(`"${value}" is neither true nor false`)
}

/** `host:port`, `[::1]:port`; `:port` means all addresses. */
export function parseListen(value: string): { readonly host: string; readonly port: number } {
  const match = /^(?:\[([0-9a-f:]+)\]|([\w.-]*)):(\d{1,5})$/i.exec(value)
  const port = Number(match?.[3])
  if (match === null || port > PORT_MAX) throw new Error(`"${value}" must be host:port, for example 127.0.0.1:4566`)
  return { host: match[1] ?? (match[2] || '0.0.0.0'), port }
}

export function parsePublicUrl(value: string): string {
  const url = URL.parse(value)
  const isPlain = url !== null && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === ''
  if (!isPlain) throw new Error('must be an http(s) URL without query and fragment')
  if (url.username !== '' || url.password !== '') throw new Error('must not hold a user name or password: it is public')
  return value.replace(/\/+$/, '')
}

export function parsePath(value: string): string {
  const text = parseText(value)
  return text.startsWith('~/') ? path.join(homedir(), text.slice(2)) : text
}

export function parseDatabaseUrl(value: string): string {
  // The value stays out of the message: it has a password.
  if (!/^postgres(ql)?:\/\//.test(value) || URL.parse(value) === null) {
    throw new Error('must be a URL such as postgres://user:password@host:5432/database')
  }
  return value
}

export function parseWorkers(value: string): number | 'auto' {
  if (value === 'auto') return 'auto'
  const count = /^\d{1,3}$/.test(value) ? Number(value) : 0
  if (count < 1 || count > WORKERS_MAX) throw new Error(`"${value}" must be auto or a number from 1 to ${WORKERS_MAX}`)
  return count
}

export function parseLogLevel(value: string): LogLevel {
  const level = LOG_LEVELS.find((known) => known === value)
  if (level === undefined) throw new Error(`"${value}" is none of ${LOG_LEVELS.join(', ')}`)
  return level
}

/** A month: what is kept longer belongs into the log. Our own limit. */
const HOURS_MAX = 744

export function parseHours(value: string): number {
  const hours = /^\d{1,3}$/.test(value) ? Number(value) : 0
  if (hours < 1 || hours > HOURS_MAX) throw new Error(`"${value}" must be a number of hours from 1 to ${HOURS_MAX}`)
  return hours
}

/** Ranges by commas. */
export function parseCidrs(value: string): string[] {
  return partsOf(value).map((cidr) => {
    const [address = '', prefix = '', ...rest] = cidr.split('/')
    const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1
    if (rest.length > 0 || !/^\d{1,3}$/.test(prefix) || Number(prefix) > bits) {
      throw new Error(`"${cidr}" must be an address range such as 10.0.0.0/8`)
    }
    return cidr
  })
}

/** `Name=number` by commas; the names are AWS's. */
export function parseQuotas(value: string): Record<string, number> {
  const entries = partsOf(value).map((entry) => {
    const [, name = '', count] = /^(\w+)=(\d{1,9})$/.exec(entry) ?? []
    if (count === undefined) throw new Error(`"${entry}" must be a quota such as RolesPerAccount=1000`)
    if (!Object.hasOwn(DEFAULT_QUOTAS, name)) {
      throw new Error(`there is no quota "${name}". Known: ${Object.keys(DEFAULT_QUOTAS).join(', ')}`)
    }
    return [name, Number(count)]
  })
  return Object.fromEntries(entries)
}

export function matching(value: string, pattern: RegExp, what: string): string {
  if (!pattern.test(value)) throw new Error(`"${value}" must be ${what}`)
  return value
}

function partsOf(value: string): string[] {
  const parts = value.split(',').map((part) => part.trim())
  return parts.filter((part) => part !== '')
}
