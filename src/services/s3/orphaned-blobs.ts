import type { Reads } from '../../store/store.ts'
import type { BlobFolder } from './blob-folder.ts'

/** Names in one query: far below what SQLite and PostgreSQL take as parameters (32,766 and 65,535). */
const NAMES_MAX = 500

/**
 * Deletes the files of the embedded object store that no row names and nobody writes any more (`ORPHAN_AGE_MS`): what was left
 * by processes that were killed, and by deletions that failed. Run at start and now and then; several processes may.
 *
 * @returns how many files were deleted
 */
export async function collectOrphanedBlobs(blobs: BlobFolder, reads: Reads, now: number): Promise<number> {
  return blobs.collectOrphans(async (names) => {
    const referenced = new Set<string>()
    for (let at = 0; at < names.length; at += NAMES_MAX) {
      const some = names.slice(at, at + NAMES_MAX)
      const objects = await reads.selectFrom('objects').select('blob').where('blob', 'in', some).execute()
      const parts = await reads.selectFrom('multipart_parts').select('blob').where('blob', 'in', some).execute()
      for (const { blob } of [...objects, ...parts]) referenced.add(blob)
    }
    return referenced
  }, now)
}
