import { readFileSync } from 'node:fs'

/**
 * Preloaded into a server under test (`node --import`): its time of day is shifted by the milliseconds that stand in the file
 * which `OPENIRSA_TEST_CLOCK_FILE` names, from one look at the clock to the next.
 */
const file = process.env.OPENIRSA_TEST_CLOCK_FILE
if (file !== undefined) {
  const realNow = Date.now
  Date.now = () => realNow() + Number(readFileSync(file, 'utf8'))
}
