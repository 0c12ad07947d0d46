import { writeSync } from 'node:fs'
import { openKeyRing } from '../key-ring.ts'
import { openStoreAt } from './store-at.ts'

/**
 * Another process on a store, for tests: `node store-process.ts <location> <task> <argument>`. Prints a line for each thing done,
 * after it was acknowledged.
 */
const [location = '', task = '', argument = ''] = process.argv.slice(2)
const store = await openStoreAt(location)
writeSync(1, 'open\n')

switch (task) {
  case 'open':
    break
  case 'change':
    await store.write(async (writes) => {
      await writes.insertInto('accounts').values({ account_id: argument, created_at: 0 }).execute()
      writes.changed(`account/${argument}`)
    })
    writeSync(1, `${argument}\n`)
    break
  case 'write-until-killed':
    await Promise.all(Array.from({ length: 8 }, (_, writer) => writeForever(writer)))
    break
  case 'rotate': {
    const ring = await openKeyRing(store, Buffer.from(argument, 'hex'), Date.now)
    writeSync(1, `${await ring.rotate('session')}\n`)
    break
  }
  default:
    throw new Error(`Unknown task ${task}`)
}
await store.close()

async function writeForever(writer: number): Promise<never> {
  for (let count = 0; ; count++) {
    const id = `${argument}-${writer}-${count}`
    await store.write(async (writes) => {
      await writes.insertInto('accounts').values({ account_id: id, created_at: 0 }).execute()
      await writes.insertInto('settings').values({ name: id, value: 'second row of the same change' }).execute()
      writes.changed(`account/${id}`)
    })
    writeSync(1, `${id}\n`)
  }
}
