import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** Written for refusals too, or beside every change: not what a refused call may not touch. */
const RECORDS_OF_CALLS: ReadonlySet<unknown> = new Set(['audit_events', 'changes', 'denials', 'denial_policies'])

/**
 * All that a server on SQLite keeps: every row of every table but the record of calls, and the bytes of every object file.
 * Two equal snapshots mean that nothing was written in between, not even half.
 */
export function snapshot(dataDir: string): Readonly<Record<string, unknown>> {
  const database = new DatabaseSync(path.join(dataDir, 'openirsa.sqlite'), { readOnly: true })
  try {
    const tables = database.prepare("select name from sqlite_master where type = 'table' order by name").all()
    const rows = tables
      .filter(({ name }) => !RECORDS_OF_CALLS.has(name))
      .map(({ name }) => [String(name), database.prepare(`select * from "${name}" order by 1, 2`).all()])
    return { ...Object.fromEntries(rows), files: objectFiles(dataDir) }
  } finally {
    database.close()
  }
}

function objectFiles(dataDir: string): Readonly<Record<string, string>> {
  const folder = path.join(dataDir, 'objects')
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return Object.fromEntries(
    entries.map((entry) => {
      const file = path.join(entry.parentPath, entry.name)
      return [path.relative(folder, file), readFileSync(file).toString('base64')]
    }),
  )
}
