import { constants, generateKeyPairSync, sign, verify } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type CaseResult, type Figure, microsOf } from '../result.ts'
import { withFolder } from '../server.ts'

/** Of a token as Kubernetes makes it. */
const SIGNED_BYTES = 700
const ROW_BYTES = 1_024
const ROWS = 1_000
const RUNS = 1_000
const COMMITS = 100

/** What the parts cost by themselves, in a loop of a process of their own: no server around them. */
export function rawFloors(): Promise<CaseResult> {
  return withFolder(async (folder) => {
    const figures = [await verification(), ...(await database(folder)), await fileRead(folder)]
    return { loads: [], figures }
  })
}

async function verification(): Promise<Figure> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const signed = Buffer.alloc(SIGNED_BYTES, 'x')
  const signature = sign('sha256', signed, privateKey)
  const key = { key: publicKey, padding: constants.RSA_PKCS1_PADDING }
  return raw('RS256 verification', await microsOf(() => verify('sha256', signed, key, signature), RUNS))
}

async function database(folder: string): Promise<Figure[]> {
  const file = new DatabaseSync(path.join(folder, 'floor.sqlite'))
  file.exec('pragma journal_mode = wal; pragma synchronous = full')
  file.exec('create table entries (id integer primary key, content text)')
  const content = 'x'.repeat(ROW_BYTES)
  const insert = file.prepare('insert into entries (content) values (?)')
  file.exec('begin')
  for (let row = 0; row < ROWS; row++) insert.run(content)
  file.exec('commit')
  const select = file.prepare('select * from entries where id = ?')
  let next = 0
  const read = await microsOf(() => select.all((next++ % ROWS) + 1), RUNS)
  const commit = await microsOf(() => insert.run(content), COMMITS)
  file.close()
  return [raw('SQLite read of a row of 1 KiB', read), raw('SQLite commit of a row of 1 KiB', commit)]
}

async function fileRead(folder: string): Promise<Figure> {
  const file = path.join(folder, 'file')
  writeFileSync(file, Buffer.alloc(ROW_BYTES))
  return raw('file read of 1 KiB', await microsOf(() => readFile(file), RUNS))
}

function raw(name: string, value: number): Figure {
  return { name: `raw ${name}`, value, unit: 'µs' }
}
