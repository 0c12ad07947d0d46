import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { copyFile, type FileHandle, link, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { AwsError } from '../../aws/aws-error.ts'

/** Bytes that were written: never changed afterwards, and the name never used again. */
export interface Blob {
  readonly blob: string
  readonly sizeBytes: number
}

/** 128 random bits: names of several processes never meet. */
const BLOB_NAME_BYTES = 16
/** Blobs are spread over 256 folders by their first two digits. */
const BLOBS_FOLDER = /^[0-9a-f]{2}$/

/**
 * A file without a row, or a temporary one, that nobody has touched for so long belongs to no running upload: between the
 * last byte and the row lies one transaction, and between two bytes at most the server's idle timeout, both far shorter.
 */
export const ORPHAN_AGE_MS = 60 * 60 * 1000

/**
 * A folder of immutable files, which several processes may share: `<first two digits>/<blob>`, and `uploads/` for what is still
 * being written. Files are 0600, folders 0700.
 *
 * A blob is on disk (its bytes and its name) before `write` or `copy` answers. One that was opened stays readable after
 * `remove`.
 */
export class BlobFolder {
  private readonly path: string
  private readonly uploads: string

  private constructor(path: string) {
    this.path = path
    this.uploads = join(path, 'uploads')
  }

  /** @param path made where it does not exist */
  static async open(path: string): Promise<BlobFolder> {
    const folder = new BlobFolder(path)
    await mkdir(folder.uploads, { recursive: true, mode: 0o700 })
    return folder
  }

  /** Writes a whole stream, or nothing: what `bytes` throws is thrown on, and the file is gone. */
  async write(bytes: AsyncIterable<Uint8Array>): Promise<Blob> {
    const { blob, temporary } = this.newBlob()
    try {
      const sizeBytes = await writeDurably(temporary, bytes)
      await this.publish(blob, temporary)
      return { blob, sizeBytes }
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
  }

  /** A second name for a blob's bytes: a hard link, or a copy where the file system has none (or no more) of them. */
  async copy(source: string): Promise<string> {
    const { blob, temporary } = this.newBlob()
    try {
      await link(this.pathOf(source), temporary).catch(async (error: unknown) => {
        if (errorCode(error) === 'ENOENT') throw error
        await copyDurably(this.pathOf(source), temporary)
      })
      await this.publish(blob, temporary)
      return blob
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
  }

  /** @returns undefined where there is no such blob (any more); the caller closes the file */
  async open(blob: string): Promise<FileHandle | undefined> {
    return open(this.pathOf(blob), 'r').catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT') return undefined
      throw error
    })
  }

  /** Never fails: what stays behind is an orphan, and collected. */
  async remove(blobs: Iterable<string>): Promise<void> {
    for (const blob of blobs) await rm(this.pathOf(blob), { force: true }).catch(() => {})
  }

  /**
   * After a change that was to name a blob failed: removes the blob where the change was refused, and throws on. Where it failed
   * otherwise (a lost connection) its row may be there all the same, so the blob is left to the collection of orphans.
   */
  async removeRefused(blob: string, error: unknown): Promise<never> {
    if (error instanceof AwsError) await this.remove([blob])
    throw error
  }

  /**
   * Deletes old files that no row names: what a process left that ended between two steps.
   *
   * @param referenced which of the given blobs (a folder's worth) rows name
   * @returns how many files were deleted
   */
  async collectOrphans(
    referenced: (blobs: readonly string[]) => Promise<ReadonlySet<string>>,
    now: number,
  ): Promise<number> {
    let collected = await this.collectIn(this.uploads, async () => new Set(), now)
    for (const name of await readdir(this.path)) {
      if (BLOBS_FOLDER.test(name)) collected += await this.collectIn(join(this.path, name), referenced, now)
    }
    return collected
  }

  private async collectIn(
    folder: string,
    referenced: (blobs: readonly string[]) => Promise<ReadonlySet<string>>,
    now: number,
  ): Promise<number> {
    const old: string[] = []
    for (const name of await readdir(folder)) {
      if (await isUntouched(join(folder, name), now)) old.push(name)
    }
    const named = old.length === 0 ? new Set() : await referenced(old)
    const orphans = old.filter((name) => !named.has(name))
    for (const name of orphans) await rm(join(folder, name), { force: true })
    return orphans.length
  }

  private newBlob(): { readonly blob: string; readonly temporary: string } {
    const blob = randomBytes(BLOB_NAME_BYTES).toString('hex')
    return { blob, temporary: join(this.uploads, blob) }
  }

  private pathOf(blob: string): string {
    return join(this.path, blob.slice(0, 2), blob)
  }

  private async publish(blob: string, temporary: string): Promise<void> {
    const path = this.pathOf(blob)
    await rename(temporary, path).catch(async (error: unknown) => {
      if (errorCode(error) !== 'ENOENT') throw error
      await mkdir(dirname(path), { recursive: true, mode: 0o700 })
      await syncFolder(this.path)
      await rename(temporary, path)
    })
    await syncFolder(dirname(path))
  }
}

async function writeDurably(path: string, bytes: AsyncIterable<Uint8Array>): Promise<number> {
  const file = await open(path, 'wx', 0o600)
  try {
    let sizeBytes = 0
    for await (const chunk of bytes) {
      await writeWhole(file, chunk)
      sizeBytes += chunk.length
    }
    await file.sync()
    return sizeBytes
  } finally {
    await file.close()
  }
}

async function writeWhole(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let written = 0; written < chunk.length; ) {
    written += (await file.write(chunk, written, chunk.length - written)).bytesWritten
  }
}

async function copyDurably(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
  const file = await open(to, 'r+')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Makes names durable. Windows has no such call for folders and keeps names in its journal. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** By the time of the last change of the inode: writing, linking and renaming all move it. */
async function isUntouched(path: string, now: number): Promise<boolean> {
  const file = await stat(path).catch(() => undefined)
  return file !== undefined && file.ctimeMs < now - ORPHAN_AGE_MS
}

function errorCode(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
