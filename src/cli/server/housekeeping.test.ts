import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { startHousekeeping } from './housekeeping.ts'

function recorder() {
  const errors: unknown[] = []
  return { errors, logger: { error: (facts: unknown) => errors.push(facts) } as never }
}

test('a chore runs by the clock, at the start where it should, and never twice at once', async () => {
  let [running, most, runs, late] = [0, 0, 0, 0]
  const run = async () => {
    runs++
    most = Math.max(most, ++running)
    await sleep(40)
    running--
  }
  const lateRun = async () => late++
  const chores = [
    { name: 'slow', everyMs: 10, atStart: true, run },
    { name: 'late', everyMs: 10_000, atStart: false, run: lateRun },
  ]
  const housekeeping = startHousekeeping(chores, recorder().logger)
  expect(runs).toBe(1)
  await sleep(150)
  await housekeeping.stop()
  expect(runs).toBeGreaterThan(1)
  expect([most, running, late]).toEqual([1, 0, 0])
  const before = runs
  await sleep(50)
  expect(runs).toBe(before)
})

test('a failing chore is logged and tried again', async () => {
  const { errors, logger } = recorder()
  let runs = 0
  const run = async () => {
    if (runs++ === 0) throw new Error('no')
  }
  const housekeeping = startHousekeeping([{ name: 'flaky', everyMs: 10, atStart: true, run }], logger)
  await expect.poll(() => runs).toBeGreaterThan(1)
  await housekeeping.stop()
  expect(errors).toEqual([{ chore: 'flaky', err: expect.objectContaining({ message: 'no' }) }])
})
