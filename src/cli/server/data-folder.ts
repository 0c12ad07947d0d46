import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import { newAccessKeyId } from '../../aws/access-key-id.ts'
import { newSecretAccessKey } from '../../aws/unique-id.ts'
import type { AdminKey } from '../../store/installation.ts'
import { CommandError } from '../usage-error.ts'
import { writeSecretFile } from './secret-file.ts'

/** What lies in the data folder; each file is mode 0600, the folder 0700. */
export const DATA_FILES = {
  database: 'openirsa.sqlite',
  masterKey: 'master-key',
  adminCredentials: 'admin-credentials',
  /** A key that was made for the admin, until the database has it. */
  offeredCredentials: 'admin-credentials.offered',
  objects: 'objects',
} as const

const MASTER_KEY_BYTES = 32
/** 32 bytes in base64. */
const MASTER_KEY = /^[A-Za-z0-9+/]{43}=$/

/** Makes the folder, or closes it to others where it is open to them. */
export function prepareDataFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    chmodSync(folder, 0o700)
  } catch (error) {
    throw new CommandError(
      'DATA_FOLDER',
      `cannot use the data folder ${path.resolve(folder)}: ${(error as Error).message}. Choose another one by --data-dir.`,
      { cause: error },
    )
  }
}

/**
 * Reads the master key, 32 bytes in base64. Without `given`, it is made in the data folder at the first start; two processes
 * that start at once end up with the same one.
 */
export function readMasterKey(folder: string, given: string | undefined): Buffer {
  const file = given ?? path.join(folder, DATA_FILES.masterKey)
  if (given === undefined) makeOnce(file, () => `${randomBytes(MASTER_KEY_BYTES).toString('base64')}\n`)
  const text = readText('MASTER_KEY', file).trim()
  if (!MASTER_KEY.test(text)) {
    throw new CommandError(
      'MASTER_KEY',
      `the master key in ${file} must be ${MASTER_KEY_BYTES} bytes in base64. "openssl rand -base64 32" makes one; a lost key cannot be replaced, for it opens what is already sealed.`,
    )
  }
  return Buffer.from(text, 'base64')
}

/**
 * The key that the admin is to have where it has none: saved before the database knows of it, so that a crash in between
 * cannot leave an admin whose secret nobody has. `settleAdminKey` says how it ended.
 *
 * @returns undefined where the admin's credentials are saved already
 */
export function offeredAdminKey(folder: string, accountId: string): AdminKey | undefined {
  if (existsSync(path.join(folder, DATA_FILES.adminCredentials))) return undefined
  const offer = path.join(folder, DATA_FILES.offeredCredentials)
  makeOnce(offer, () => {
    const accessKeyId = newAccessKeyId('long-term', accountId)
    return `[default]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${newSecretAccessKey()}\n`
  })
  return readCredentials(offer)
}

/** @param isTaken  whether the offered key is the admin's now */
export function settleAdminKey(folder: string, isTaken: boolean): void {
  const offer = path.join(folder, DATA_FILES.offeredCredentials)
  // Another process that started at the same time may have settled it already.
  if (isTaken && existsSync(offer)) renameSync(offer, path.join(folder, DATA_FILES.adminCredentials))
  rmSync(offer, { force: true })
}

/** Reads the admin's key, in the form of an AWS credentials file; undefined where the data folder has none. */
export function readAdminCredentials(folder: string): AdminKey | undefined {
  const file = path.join(folder, DATA_FILES.adminCredentials)
  return existsSync(file) ? readCredentials(file) : undefined
}

function readCredentials(file: string): AdminKey {
  const text = readText('ADMIN_CREDENTIALS', file)
  const value = (name: string) => new RegExp(`^${name} = (.+)$`, 'm').exec(text)?.[1]
  const accessKeyId = value('aws_access_key_id')
  const secretAccessKey = value('aws_secret_access_key')
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new CommandError('ADMIN_CREDENTIALS', `${file} is not as it was written: it lacks a key id or a secret`)
  }
  return { accessKeyId, secretAccessKey }
}

function readText(code: string, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new CommandError(code, `cannot read ${file}: ${(error as Error).message}`, { cause: error })
  }
}

/** Writes a secret file unless it is there: whole, or not at all. */
function makeOnce(file: string, text: () => string): void {
  if (existsSync(file)) return
  const fresh = `${file}.${process.pid}`
  writeSecretFile(fresh, text())
  try {
    // Unlike a rename, a link does not replace what another process has just made.
    linkSync(fresh, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(fresh)
  }
}
