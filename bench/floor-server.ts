// A bare `node:http` server that answers every request with the same bytes, and before that does one piece of work that the real
// server cannot do without. What it takes is the floor under what the real one takes. Told by one argument: FloorOptions in JSON.
import { constants, createPublicKey, randomBytes, verify } from 'node:crypto'
import { open, readFile, rename } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'

export interface FloorOptions {
  readonly bodyBytes: number
  readonly work: readonly FloorWork[]
}

export type FloorWork =
  /** One RS256 check of a token's signature, its text ready to be checked. */
  | { readonly kind: 'verify'; readonly token: string; readonly publicKeyPem: string }
  | { readonly kind: 'read-file'; readonly path: string }
  /** Writes a file that is on disk, under its name, before the answer. */
  | { readonly kind: 'write-file'; readonly folder: string; readonly bytes: number }
  /** Inserts a row in a transaction of its own, which is on disk before the answer. */
  | { readonly kind: 'commit'; readonly database: string; readonly rowBytes: number }

type Work = () => void | Promise<void>

function workOf(floor: FloorWork): Work {
  switch (floor.kind) {
    case 'verify':
      return verifying(floor)
    case 'read-file':
      return async () => {
        await readFile(floor.path)
      }
    case 'write-file':
      return writing(floor)
    case 'commit':
      return committing(floor)
  }
}

function verifying({ token, publicKeyPem }: FloorWork & { readonly kind: 'verify' }): Work {
  const [header = '', payload = '', signature = ''] = token.split('.')
  const signed = Buffer.from(`${header}.${payload}`)
  const signatureBytes = Buffer.from(signature, 'base64url')
  const key = { key: createPublicKey(publicKeyPem), padding: constants.RSA_PKCS1_PADDING }
  return () => {
    if (!verify('sha256', signed, key, signatureBytes)) throw new Error('The signature is not good')
  }
}

function writing({ folder, bytes }: FloorWork & { readonly kind: 'write-file' }): Work {
  const content = Buffer.alloc(bytes)
  return async () => {
    const name = randomBytes(16).toString('hex')
    const file = await open(path.join(folder, `${name}.new`), 'wx')
    await file.write(content)
    await file.sync()
    await file.close()
    await rename(path.join(folder, `${name}.new`), path.join(folder, name))
    const parent = await open(folder, 'r')
    await parent.sync()
    await parent.close()
  }
}

function committing({ database: file, rowBytes }: FloorWork & { readonly kind: 'commit' }): Work {
  const database = new DatabaseSync(file)
  database.exec('pragma journal_mode = wal; pragma synchronous = full')
  database.exec('create table if not exists entries (id text primary key, content text) without rowid')
  const insert = database.prepare('insert into entries values (?, ?)')
  const content = 'x'.repeat(rowBytes)
  return () => {
    insert.run(randomBytes(16).toString('hex'), content)
  }
}

function serve({ bodyBytes, work }: FloorOptions): void {
  const steps = work.map(workOf)
  const body = Buffer.alloc(bodyBytes, 'x')
  const headers = {
    'content-type': 'text/xml',
    'x-amzn-requestid': '00000000-0000-4000-8000-000000000000',
    'content-length': String(bodyBytes),
  }
  const server = createServer((request, response) => {
    const chunks: Uint8Array[] = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', async () => {
      for (const step of steps) await step()
      response.writeHead(200, headers)
      response.end(body)
    })
  })
  server.listen(0, '127.0.0.1', () => {
    process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`)
  })
}

serve(JSON.parse(process.argv[2] ?? ''))
