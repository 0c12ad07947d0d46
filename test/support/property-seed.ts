import fc from 'fast-check'

/** One seed for all property tests of a run, so that a landing does not hang on chance; without it each run tries others. */
const seed = process.env.OPENIRSA_TEST_SEED
if (seed !== undefined && seed !== '') fc.configureGlobal({ seed: Number(seed) })
