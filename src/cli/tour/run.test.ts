import { expect, it } from 'vitest'
import { runTour } from './run.ts'
import type { Step, StepResult } from './step.ts'
import { openTour, type Tour } from './tour.ts'

const CONNECTION = {
  url: 'http://127.0.0.1:1',
  region: 'us-east-1',
  accessKeyId: 'AKIAEXAMPLE',
  secretAccessKey: 'secret',
  sessionToken: undefined,
}

function step(title: string, run: Step['run'], extra: Partial<Step> = {}): Step {
  return { chapter: 'Chapter', title, asked: () => title, expected: { kind: 'allowed' }, run, ...extra }
}

function refusal(): Error {
  return Object.assign(new Error('no'), { name: 'AccessDenied', $metadata: { httpStatusCode: 403 } })
}

/** A step that makes a thing and remembers how it goes. */
function making(thing: string, removed: string[], remove: () => Promise<void> = async () => {}): Step {
  return step(`make ${thing}`, async (tour) => {
    tour.undo(thing, async () => {
      await remove()
      removed.push(thing)
    })
    return thing
  })
}

async function run(steps: readonly Step[], signal?: AbortSignal): Promise<readonly StepResult[]> {
  return runTour(openTour(CONNECTION), steps, () => {}, signal)
}

it('removes what was made, the last first, also after a step that went wrong', async () => {
  const removed: string[] = []
  const wrong = step('wrong', async () => Promise.reject(refusal()))
  const results = await run([making('bucket', removed), wrong, making('object', removed)])
  expect(removed).toEqual(['object', 'bucket'])
  expect(results.map(({ isAsExpected }) => isAsExpected)).toEqual([true, false, true, true])
})

it('goes on removing where one thing cannot be removed, and names it', async () => {
  const removed: string[] = []
  const stuck = making('object', removed, () => Promise.reject(new Error('locked')))
  const results = await run([making('bucket', removed), stuck])
  expect(removed).toEqual(['bucket'])
  expect(results.at(-1)).toMatchObject({
    isAsExpected: false,
    answer: { kind: 'failed', message: 'still there: object (locked)' },
  })
})

it('takes no further step once it is interrupted, and still cleans up', async () => {
  const removed: string[] = []
  const interrupt = new AbortController()
  const interrupting = step('interrupt', async () => {
    interrupt.abort()
    return ''
  })
  const steps = [making('bucket', removed), interrupting, making('object', removed), making('role', removed)]
  const results = await run(steps, interrupt.signal)
  expect(results.map(({ answer }) => answer.kind)).toEqual(['allowed', 'allowed', 'skipped', 'allowed'])
  expect(results[2]?.isAsExpected).toBe(false)
  expect(removed).toEqual(['bucket'])
})

it('waits for a change of its own to reach the replica that answers', async () => {
  let asked = 0
  const late = async (_: Tour) => {
    asked++
    if (asked < 3) throw refusal()
    return 'now'
  }
  expect((await run([step('late', late, { followsChange: true })]))[0]?.isAsExpected).toBe(true)
  asked = 0
  expect((await run([step('late', late)]))[0]?.isAsExpected).toBe(false)
  expect(asked).toBe(1)
})

it('gives every tour names of its own', () => {
  const [one, other] = [openTour(CONNECTION).names, openTour(CONNECTION).names]
  for (const name of ['cluster', 'attachedCluster', 'bucket', 'otherBucket', 'policy', 'role'] as const) {
    expect(one[name]).not.toBe(other[name])
  }
})
