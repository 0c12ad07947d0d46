import { EventEmitter } from 'node:events'
import { expect, test, vi } from 'vitest'
import { startWorkers, type WorkerReport } from './workers.ts'

const REPORT: WorkerReport = { listening: 'http://a', installation: { accountId: '1', credentialsFile: undefined } }

/** A worker that listens at once, unless it is told to end instead, and ends when it is told to. */
class FakeWorker extends EventEmitter {
  readonly signals: string[] = []
  readonly process = {
    kill: (signal: NodeJS.Signals) => {
      this.signals.push(signal)
      setImmediate(() => this.emit('exit', 0, null))
      return true
    },
  }

  constructor(starts: boolean) {
    super()
    setImmediate(() => (starts ? this.emit('message', REPORT) : this.emit('exit', 1, null)))
  }
}

function pool(count: number, starts: (index: number) => boolean = () => true, sleep = async () => {}) {
  const workers: FakeWorker[] = []
  const errors: unknown[] = []
  const gaveUp = vi.fn()
  const fork = () => {
    const worker = new FakeWorker(starts(workers.length))
    workers.push(worker)
    return worker
  }
  const logger = { error: (facts: unknown) => errors.push(facts) } as never
  return { workers, errors, gaveUp, started: startWorkers({ count, fork, logger, sleep, gaveUp }) }
}

test('all are started, the first one alone, and all are stopped', async () => {
  const { workers, started } = pool(3)
  expect(workers).toHaveLength(1)
  const { report, stop } = await started
  expect([report, workers.length]).toEqual([REPORT, 3])
  await stop()
  expect(workers.map(({ signals }) => signals)).toEqual([['SIGTERM'], ['SIGTERM'], ['SIGTERM']])
})

test('where one does not start, none is left', async () => {
  const { workers, started } = pool(3, (index) => index !== 2)
  await expect(started).rejects.toThrow('a worker ended (1) before it listened')
  expect(workers.map(({ signals }) => signals)).toEqual([['SIGTERM'], ['SIGTERM'], []])
})

test('one that ends by itself is replaced', async () => {
  const { workers, started, errors, gaveUp } = pool(2)
  const { stop } = await started
  workers[1]?.emit('exit', null, 'SIGKILL')
  await expect.poll(() => workers.length).toBe(3)
  await new Promise(setImmediate)
  expect(errors).toEqual([{ ended: 'SIGKILL', delayMs: 250 }])
  await stop()
  expect(workers.map(({ signals }) => signals.length)).toEqual([1, 0, 1])
  expect(gaveUp).not.toHaveBeenCalled()
})

test('those that end again and again are given up, later each time, and the others with them', async () => {
  const { workers, started, errors, gaveUp } = pool(2, (index) => index < 2)
  await started
  workers[1]?.emit('exit', 1, null)
  await expect.poll(() => gaveUp.mock.calls.length).toBe(1)
  const delays = errors.map((facts) => (facts as { delayMs?: number }).delayMs)
  expect(delays).toEqual([250, 500, 1_000, 2_000, 4_000, undefined])
  expect(workers).toHaveLength(7)
  expect(workers[0]?.signals).toEqual(['SIGTERM'])
})

test('nothing is started any more once it stops', async () => {
  const gate = Promise.withResolvers<void>()
  const { workers, started } = pool(
    1,
    () => true,
    () => gate.promise,
  )
  const { stop } = await started
  workers[0]?.emit('exit', 1, null)
  await stop()
  gate.resolve()
  await new Promise(setImmediate)
  expect(workers).toHaveLength(1)
})
