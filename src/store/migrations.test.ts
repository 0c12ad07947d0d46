import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { openSqliteStore } from './sqlite.ts'
import { LATER_TABLES, TABLE_DEFINITIONS } from './table-definitions.ts'

function databaseFile(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'openirsa-migrations-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return path.join(folder, 'test.sqlite')
}

async function opened(file: string): Promise<void> {
  await (await openSqliteStore({ path: file, clock: Date.now })).close()
}

/** Every table and index, as SQLite describes it. */
function schemaOf(file: string): readonly unknown[] {
  const database = new DatabaseSync(file, { readOnly: true })
  const rows = database.prepare('select type, name, sql from sqlite_schema order by type, name').all()
  database.close()
  return rows
}

test('a database of the first version gets what came later, and ends as a new one begins', async () => {
  const [old, fresh] = [databaseFile(), databaseFile()]
  await opened(fresh)
  await opened(old)
  const database = new DatabaseSync(old)
  for (const table of Object.keys(LATER_TABLES)) database.exec(`drop table ${table}`)
  database.exec("update settings set value = '1' where name = 'schema_version'")
  database.exec("insert into accounts (account_id, created_at) values ('111122223333', 1)")
  database.close()
  await opened(old)
  expect(schemaOf(old)).toEqual(schemaOf(fresh))
  const store = await openSqliteStore({ path: old, clock: Date.now })
  onTestFinished(() => store.close())
  expect(await store.reads.selectFrom('accounts').select('account_id').execute()).toHaveLength(1)
})

test('later tables are tables', () => {
  expect(Object.keys(TABLE_DEFINITIONS)).toEqual(expect.arrayContaining(Object.keys(LATER_TABLES)))
})
