import { readFileSync } from 'node:fs'
import { UsageError } from '../usage-error.ts'

/** Reads a file that a setting names. @param setting  as the operator gave it: `--tls-cert` @throws UsageError */
export function readSettingFile(setting: string, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new UsageError(`${setting}: cannot read ${file}: ${(error as Error).message}`)
  }
}
