import { DOCUMENT_STEPS } from './document-steps.ts'
import { MARKETPLACE_STEPS } from './marketplace-steps.ts'
import type { Step } from './step.ts'
import { TOKEN_STEPS } from './token-steps.ts'

/** The whole tour, in order. */
export const TOUR_STEPS: readonly Step[] = [...DOCUMENT_STEPS, ...TOKEN_STEPS, ...MARKETPLACE_STEPS]
