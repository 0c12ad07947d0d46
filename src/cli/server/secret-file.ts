import { closeSync, fchmodSync, fstatSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { CommandError } from '../usage-error.ts'

const OWNER_ONLY = 0o600

/**
 * Writes a file that only its owner can read, also where it was there before and open to others.
 * @throws CommandError
 */
export function writeSecretFile(file: string, text: string): void {
  try {
    const descriptor = openSync(file, 'w', OWNER_ONLY)
    try {
      // Not /dev/stdout and the like.
      const isFile = fstatSync(descriptor).isFile()
      if (isFile) fchmodSync(descriptor, OWNER_ONLY)
      writeSync(descriptor, text)
      if (isFile) fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
  } catch (error) {
    throw new CommandError('FILE', `cannot write ${file}: ${(error as Error).message}`, { cause: error })
  }
}
