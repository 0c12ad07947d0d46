import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { ChangeLog } from './change-log.ts'
import { SqliteChangeFeed } from './sqlite-change-feed.ts'

function openFeed(stalenessLimitMs: number) {
  const database = new DatabaseSync(':memory:')
  database.exec('create table changes (sequence integer primary key, subject text)')
  return { database, feed: new SqliteChangeFeed(database, new ChangeLog(0), stalenessLimitMs) }
}

test('a database that cannot be read lets cached answers serve until the limit, then calls are refused', async () => {
  const { database, feed } = openFeed(100)
  feed.catchUp()
  database.close()
  feed.catchUp()
  await new Promise((resolve) => setTimeout(resolve, 150))
  expect(() => feed.catchUp()).toThrow(
    expect.objectContaining({ code: 'ServiceUnavailable', cause: expect.any(Error) }),
  )
  await feed.close()
})
