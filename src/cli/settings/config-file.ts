import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { UsageError } from '../usage-error.ts'

const DEFAULT_FILE = 'openirsa.yaml'

/**
 * Reads the config file: a map of settings to their text. A list is joined by commas and a map as `name=value`, as the same
 * setting is written on a command line. YAML's own types do not count (`accountId: 000011112222` keeps its zeros).
 *
 * @param file   undefined for `openirsa.yaml` of this folder, where there is one
 * @param known  the settings that there are
 * @throws UsageError; its message repeats nothing of the file but names, because a config file holds secrets
 */
export function readConfigFile(file: string | undefined, known: readonly string[]): Readonly<Record<string, string>> {
  const name = file ?? DEFAULT_FILE
  const text = readText(name, file === undefined)
  if (text === undefined) return {}
  const entries = Object.entries(parseMap(name, text)).map(([key, value]) => {
    if (!known.includes(key)) {
      throw new UsageError(`${name}: there is no setting "${key}". Known: ${known.join(', ')}`)
    }
    return [key, plainText(value, `${name}: ${key}`)]
  })
  return Object.fromEntries(entries)
}

function readText(name: string, mayBeAbsent: boolean): string | undefined {
  try {
    return readFileSync(name, 'utf8')
  } catch (error) {
    if (mayBeAbsent && (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new UsageError(`cannot read the config file ${name}: ${(error as Error).message}`)
  }
}

function parseMap(name: string, text: string): object {
  let values: unknown
  try {
    values = parse(text, { schema: 'failsafe' }) ?? {}
  } catch (error) {
    // The lines below the first one show the place in the file, secrets and all.
    const [problem = ''] = (error as Error).message.split('\n')
    throw new UsageError(`${name}: ${problem.replace(/:$/, '')}`)
  }
  if (values === '') return {}
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    throw new UsageError(`${name}: must be a map of settings, such as "region: eu-west-1"`)
  }
  return values
}

function plainText(value: unknown, place: string): string {
  const part = (inner: unknown): string => {
    if (typeof inner === 'string') return inner
    throw new UsageError(`${place} must be one value, a list, or a map of values`)
  }
  if (Array.isArray(value)) return value.map(part).join(',')
  if (typeof value !== 'object' || value === null) return part(value)
  return Object.entries(value)
    .map(([name, inner]) => `${name}=${part(inner)}`)
    .join(',')
}
