import { type CreateTableBuilder, type RawBuilder, SchemaModule, SingleConnectionProvider, sql } from 'kysely'
import type { Engine } from './engine.ts'
import { QueryHandle } from './query-handle.ts'
import { type ColumnKind, LATER_TABLES, TABLE_DEFINITIONS, type TableDefinition } from './table-definitions.ts'
import type { Tables } from './tables.ts'

/**
 * Brings the database to the schema of this program, or makes it. Runs in the engine's one write transaction, so that of
 * several processes that start at once one migrates and the others find it done.
 *
 * @throws Error where the database was written by a newer program
 */
export async function migrate(engine: Engine): Promise<void> {
  const transaction = await engine.begin()
  try {
    const executor = engine.reader.withConnectionProvider(new SingleConnectionProvider(transaction.connection))
    const schema = new SchemaModule(executor)
    const settings = new QueryHandle(executor)
    await createTable(schema, engine.dialect, 'settings', { ...TABLE_DEFINITIONS.settings })
    const version = await readVersion(settings)
    for (const migration of MIGRATIONS.slice(version)) await migration(schema, engine.dialect)
    if (version < MIGRATIONS.length) await writeVersion(settings, MIGRATIONS.length)
    await transaction.commit(false)
  } catch (error) {
    await transaction.rollback()
    throw error
  }
}

type Migration = (schema: SchemaModule, dialect: Engine['dialect']) => Promise<void>

/** Number n here makes version n + 1 of the schema. One that was released is never edited. */
const MIGRATIONS: readonly Migration[] = [createTablesOf(1), createTablesOf(2)]

/** The version of the schema that this program makes. */
export const SCHEMA_VERSION = MIGRATIONS.length

const VERSION_SETTING = 'schema_version'

async function readVersion(settings: QueryHandle): Promise<number> {
  const row = await settings
    .selectFrom('settings')
    .select('value')
    .where('name', '=', VERSION_SETTING)
    .executeTakeFirst()
  const version = row === undefined ? 0 : Number(row.value)
  if (!Number.isSafeInteger(version) || version < 0 || version > MIGRATIONS.length) {
    throw new Error(
      `The database has schema version ${row?.value}, this program knows versions up to ${MIGRATIONS.length}. ` +
        'It was written by a newer OpenIRSA: start that one, or restore a backup from before the upgrade.',
    )
  }
  return version
}

async function writeVersion(settings: QueryHandle, version: number): Promise<void> {
  await settings
    .insertInto('settings')
    .values({ name: VERSION_SETTING, value: String(version) })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value: String(version) }))
    .execute()
}

/** Makes the tables that a schema version brought. `settings` is there before any version is. */
function createTablesOf(version: number): Migration {
  return async (schema, dialect) => {
    for (const [table, definition] of Object.entries(TABLE_DEFINITIONS)) {
      const isOfVersion = (LATER_TABLES[table as keyof Tables] ?? 1) === version
      if (isOfVersion && table !== 'settings') await createTable(schema, dialect, table, definition)
    }
  }
}

async function createTable(
  schema: SchemaModule,
  dialect: Engine['dialect'],
  table: string,
  definition: TableDefinition,
): Promise<void> {
  let builder: CreateTableBuilder<string, string> = schema.createTable(table).ifNotExists()
  for (const [column, kind] of Object.entries(definition.columns)) {
    builder = builder.addColumn(column, columnType(kind, dialect), (type) =>
      kind.endsWith('?') ? type : type.notNull(),
    )
  }
  builder = builder.addPrimaryKeyConstraint(`${table}_key`, [...definition.primaryKey])
  const { belongsTo } = definition
  if (belongsTo !== undefined) {
    const name = `${table}_${belongsTo.column}_reference`
    builder = builder.addForeignKeyConstraint(name, [belongsTo.column], belongsTo.table, [belongsTo.key])
  }
  // SQLite takes text for a number and the reverse where a table is not strict; PostgreSQL never does.
  if (dialect === 'sqlite') builder = builder.modifyEnd(sql`strict`)
  await builder.execute()
  await createIndexes(schema, table, definition)
}

/** `COLLATE "C"` orders by bytes, as SQLite does; the database's own collation would make order depend on the server. */
function columnType(kind: ColumnKind, dialect: Engine['dialect']): RawBuilder<unknown> {
  if (kind.startsWith('integer')) return dialect === 'sqlite' ? sql`integer` : sql`bigint`
  return dialect === 'sqlite' ? sql`text` : sql`text collate "C"`
}

async function createIndexes(schema: SchemaModule, table: string, definition: TableDefinition): Promise<void> {
  for (const columns of definition.unique ?? []) {
    await schema
      .createIndex(`${table}_one_by_${columns.join('_')}`)
      .unique()
      .on(table)
      .columns([...columns])
      .execute()
  }
  for (const columns of definition.indexes ?? []) {
    await schema
      .createIndex(`${table}_by_${columns.join('_')}`)
      .on(table)
      .columns([...columns])
      .execute()
  }
  const { single } = definition
  if (single === undefined) return
  await schema
    .createIndex(`${table}_single_${single.flag}`)
    .unique()
    .on(table)
    .column(single.of)
    .where(sql.ref(single.flag), '=', sql.lit(1))
    .execute()
}
