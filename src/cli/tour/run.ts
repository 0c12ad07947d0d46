import { setTimeout as delay } from 'node:timers/promises'
import { type Answer, answerOf, isExpected, type Step, type StepResult } from './step.ts'
import type { Tour, Undo } from './tour.ts'

/** A change is in force on every replica within one second (published bound); asked again for twice as long. */
const CHANGE_MS_MAX = 2_000
const CHANGE_POLL_MS = 100

/**
 * Takes the steps in order and removes what they made, also when one goes wrong or the signal comes.
 *
 * @param told  told of each step as it ends
 */
export async function runTour(
  tour: Tour,
  steps: readonly Step[],
  told: (result: StepResult) => void,
  signal?: AbortSignal,
): Promise<readonly StepResult[]> {
  const results: StepResult[] = []
  const tell = (result: StepResult) => {
    results.push(result)
    told(result)
  }
  for (const step of steps) {
    if (signal?.aborted) {
      tell(interrupted(step))
      break
    }
    tell(await take(tour, step))
  }
  tell(await cleanUp(tour))
  return results
}

async function take(tour: Tour, step: Step): Promise<StepResult> {
  const { chapter, title, expected } = step
  const giveUpAt = step.followsChange ? performance.now() + CHANGE_MS_MAX : 0
  let answer = await ask(tour, step)
  while (answer.kind === 'denied' && !isExpected(expected, answer) && performance.now() < giveUpAt) {
    await delay(CHANGE_POLL_MS)
    answer = await ask(tour, step)
  }
  return { chapter, title, asked: step.asked(tour), expected, answer, isAsExpected: isExpected(expected, answer) }
}

async function ask(tour: Tour, step: Step): Promise<Answer> {
  try {
    return { kind: 'allowed', shown: await step.run(tour) }
  } catch (error) {
    return answerOf(error)
  }
}

/** The step that was next, for all that did not come. */
function interrupted(step: Step): StepResult {
  const { chapter, expected } = step
  return {
    chapter,
    title: 'Take the rest of the steps',
    asked: `from here: ${step.title}`,
    expected,
    answer: { kind: 'skipped', message: 'interrupted' },
    isAsExpected: false,
  }
}

async function cleanUp(tour: Tour): Promise<StepResult> {
  const undos = tour.takeUndos()
  const left: string[] = []
  for (const undo of undos) {
    const problem = await remove(undo)
    if (problem !== undefined) left.push(`${undo.what} (${problem})`)
  }
  const answer: Answer =
    left.length === 0
      ? { kind: 'allowed', shown: `removed: ${undos.length}` }
      : { kind: 'failed', message: `still there: ${left.join(', ')}` }
  return {
    chapter: 'Clean-up',
    title: 'Remove all that the tour made',
    asked: 'the last made first',
    expected: { kind: 'allowed' },
    answer,
    isAsExpected: left.length === 0,
  }
}

async function remove(undo: Undo): Promise<string | undefined> {
  try {
    await undo.remove()
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}
