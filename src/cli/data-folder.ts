import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { CommandError } from './usage-error.ts'

/** What lies in the data folder; each file is mode 0600, the folder 0700. */
export const DATA_FILES = {
  database: 'openirsa.sqlite',
  masterKey: 'master-key',
  adminCredentials: 'admin-credentials',
  objects: 'objects',
} as const

const MASTER_KEY_BYTES = 32

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
  if (given === undefined && !existsSync(file)) makeMasterKey(file)
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new CommandError('MASTER_KEY', `cannot read the master key ${file}: ${(error as Error).message}`)
  }
  const key = Buffer.from(text.trim(), 'base64')
  if (key.length !== MASTER_KEY_BYTES) {
    throw new CommandError(
      'MASTER_KEY',
      `the master key in ${file} must be ${MASTER_KEY_BYTES} bytes in base64. "openssl rand -base64 32" makes one; a lost key cannot be replaced, for it opens what is already sealed.`,
    )
  }
  return key
}

function makeMasterKey(file: string): void {
  const fresh = `${file}.${process.pid}`
  writeFileSync(fresh, `${randomBytes(MASTER_KEY_BYTES).toString('base64')}\n`, { mode: 0o600, flush: true })
  try {
    // Unlike a rename, a link does not replace a key that another process has just made.
    linkSync(fresh, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(fresh)
  }
}

/** Saves the admin's key in the form of an AWS credentials file. */
export function saveAdminCredentials(
  folder: string,
  key: { readonly accessKeyId: string; readonly secretAccessKey: string },
): string {
  const file = path.join(folder, DATA_FILES.adminCredentials)
  const text = `[default]\naws_access_key_id = ${key.accessKeyId}\naws_secret_access_key = ${key.secretAccessKey}\n`
  writeFileSync(file, text, { mode: 0o600, flush: true })
  chmodSync(file, 0o600)
  return file
}

/** Reads what `saveAdminCredentials` wrote; undefined where there is no such file. */
export function readAdminCredentials(
  folder: string,
): { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined {
  const file = path.join(folder, DATA_FILES.adminCredentials)
  if (!existsSync(file)) return undefined
  const text = readFileSync(file, 'utf8')
  const value = (name: string) => new RegExp(`^${name} = (.+)$`, 'm').exec(text)?.[1]
  const accessKeyId = value('aws_access_key_id')
  const secretAccessKey = value('aws_secret_access_key')
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new CommandError('ADMIN_CREDENTIALS', `${file} is not as it was written: it lacks a key id or a secret`)
  }
  return { accessKeyId, secretAccessKey }
}
