import { Writable } from 'node:stream'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import type { Judgement } from '../../access/authorize.ts'
import { openRoleUsage } from '../../access/records/role-usage.ts'
import { NOW, SOURCE, userCaller } from '../../access/testing/access-fixture.ts'
import { type CallRecord, newCallRecord } from '../../server/call-record.ts'
import { openMetrics } from '../../server/metrics.ts'
import { openSqliteStore } from '../../store/sqlite.ts'
import { openCallLog } from './call-log.ts'

async function open(level = 'info') {
  const store = await openSqliteStore({ path: ':memory:', clock: () => NOW })
  onTestFinished(() => store.close())
  const lines: Record<string, unknown>[] = []
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)))
      done()
    },
  })
  const metrics = openMetrics()
  const log = openCallLog(store, pino({ level }, sink), metrics, openRoleUsage(store))
  const end = (facts: Partial<CallRecord>, status: number, cause?: unknown) => {
    const call = newCallRecord({ requestId: 'r-1', eventId: `e-${lines.length}`, startedAt: NOW, source: SOURCE })
    const record = { ...call, service: 'iam', operation: 'GetRole', region: 'us-east-1', ...facts }
    log.ended({ record, status, durationMs: 1.23456, cause })
  }
  const stored = async () => {
    await log.close()
    return store.reads.selectFrom('audit_events').select(['event_id', 'error_code']).execute()
  }
  return { lines, end, stored, metrics }
}

const DENIED = { errorCode: 'AccessDenied', errorMessage: 'no' }

test('a call is one line with its event, status and duration', async () => {
  const { lines, end, metrics } = await open()
  end({ caller: userCaller('ann') }, 200)
  expect(lines).toMatchObject([
    { msg: 'call', level: 30, eventName: 'GetRole', status: 200, durationMs: 1.235, requestID: 'r-1' },
  ])
  expect(await metrics.text()).toContain('openirsa_requests_total{service="iam",operation="GetRole",error_code=""} 1')
})

test('a fault of the server is an error with its cause; what is not built is none', async () => {
  const { lines, end } = await open()
  end({ errorCode: 'InternalFailure' }, 500, new Error('the disk'))
  end({ errorCode: 'NotImplemented' }, 501)
  expect(lines).toMatchObject([{ level: 50, err: { message: 'the disk' } }, { level: 30 }])
})

test('a denial of a known caller is stored, at any level of the log, under the id that the log shows', async () => {
  const { lines, end, stored } = await open('silent')
  end({ ...DENIED, caller: userCaller('ann') }, 403)
  expect([await stored(), lines]).toEqual([[{ event_id: 'e-0', error_code: 'AccessDenied' }], []])
})

test('so is one of a web identity that proved itself', async () => {
  const { end, stored } = await open()
  const judgement: Judgement = {
    principal: { type: 'federated', provider: 'arn:provider/x', accountId: '1' },
    requirement: { action: 'sts:AssumeRoleWithWebIdentity', resource: 'arn' },
    decision: { decision: 'implicitDeny', layer: 'resource', matchedStatements: [] },
  }
  end({ ...DENIED, caller: { kind: 'anonymous' }, judgements: [judgement] }, 403)
  expect(await stored()).toHaveLength(1)
})

test('strangers, and refusals that are no denial, store nothing', async () => {
  const { end, stored } = await open()
  end({ ...DENIED, caller: { kind: 'anonymous' } }, 403)
  end({ ...DENIED, caller: undefined }, 403)
  end({ errorCode: 'NoSuchEntity', caller: userCaller('ann') }, 404)
  end({ caller: userCaller('ann') }, 200)
  expect(await stored()).toEqual([])
})
