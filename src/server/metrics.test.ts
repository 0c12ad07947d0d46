import { expect, test } from 'vitest'
import { NOW, SOURCE } from '../access/testing/access-fixture.ts'
import { newCallRecord } from './call-record.ts'
import { openMetrics } from './metrics.ts'
import { exchange, openServer } from './testing/server-fixture.ts'

function record() {
  return newCallRecord({ requestId: 'r', eventId: 'e', startedAt: NOW, source: SOURCE })
}

test('a call counts by service, operation and error code', async () => {
  const metrics = openMetrics()
  metrics.callStarted()
  metrics.callStarted()
  metrics.callEnded({ ...record(), service: 'iam', operation: 'GetRole' }, 200, 3)
  metrics.callEnded({ ...record(), service: 'iam', operation: 'GetRole', errorCode: 'NoSuchEntity' }, 404, 3)
  metrics.callEnded(record(), 400, 3)
  metrics.denialDropped()
  const text = await metrics.text()
  expect(text).toContain('openirsa_requests_total{service="iam",operation="GetRole",error_code=""} 1')
  expect(text).toContain('openirsa_requests_total{service="iam",operation="GetRole",error_code="NoSuchEntity"} 1')
  expect(text).toContain('openirsa_requests_total{service="none",operation="none",error_code="400"} 1')
  expect(text).toContain('openirsa_request_duration_seconds_bucket{le="0.005",service="iam",operation="GetRole"} 2')
  expect(text).toContain('openirsa_requests_running -1')
  expect(text).toContain('openirsa_denial_events_dropped_total 1')
})

test('decisions count by service', async () => {
  const metrics = openMetrics()
  const requirement = { action: 'iam:GetRole', resource: '*' }
  const decision = { decision: 'implicitDeny', layer: 'identity', matchedStatements: [] } as const
  const judgements = [{ principal: { type: 'anonymous' }, requirement, decision } as const]
  metrics.callEnded(
    { ...record(), service: 'iam', operation: 'GetRole', judgements, errorCode: 'AccessDenied' },
    403,
    1,
  )
  expect(await metrics.text()).toContain('openirsa_decisions_total{service="iam",decision="implicitDeny"} 1')
})

test("labels are names of ours: a caller's inventions make no series", async () => {
  const server = await openServer()
  for (const [index, path] of ['/a', '/b?x', '/%00', '/clusters/x', '/..%2f'].entries()) {
    await exchange(server.port, { path, method: ['GET', 'PUT', 'DELETE'][index % 3] ?? 'GET', headers: { host: 'a' } })
  }
  for (const Action of ['Made', 'Up', 'Names']) await server.query('sts', { Action })
  for (const service of ['sqs', 'made-up']) await server.send({ service, path: '/' })
  const metrics = openMetrics()
  for (const { record: ended, status } of server.ended) metrics.callEnded(ended, status, 1)
  const text = await metrics.text()
  expect(server.ended.length).toBe(10)
  expect(text).not.toMatch(/Made|made-up|sqs|Names/)
})
