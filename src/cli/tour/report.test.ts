import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { renderHead, renderStep, renderSummary } from './report.ts'
import type { StepResult } from './step.ts'

const PLAIN = { columns: 80, isColoured: false }
const ARN =
  'arn:aws:iam::111122223333:oidc-provider/oidc.us-east-1.openirsa.internal/id/16EFC899C119F6EB85BBE291ACA79031'

const DENIED: StepResult = {
  chapter: 'Refused',
  title: 'Write to the same bucket',
  asked: 's3:PutObject my-bucket/config.json',
  expected: { kind: 'denied', code: 'AccessDenied' },
  answer: { kind: 'denied', code: 'AccessDenied', message: `User: ${ARN} is not authorized to perform: s3:PutObject` },
  isAsExpected: true,
}
const WRONG: StepResult = { ...DENIED, answer: { kind: 'allowed', shown: 'written' }, isAsExpected: false }

describe('a step', () => {
  it('shows what was asked, and the code and message that came', () => {
    expect(renderStep(DENIED, undefined, PLAIN)).toBe(`
Refused
  ✓ denied   Write to the same bucket
      s3:PutObject my-bucket/config.json
    → AccessDenied: User:
      arn:aws:iam::111122223333:oidc-provider/oidc.us-east-1.openirsa.internal/
      id/16EFC899C119F6EB85BBE291ACA79031 is not authorized to perform:
      s3:PutObject
`)
  })

  it.each([40, 80, 132])('fits in %i columns', (columns) => {
    for (const line of renderStep(DENIED, DENIED, { ...PLAIN, columns }).split('\n')) {
      expect(line.length).toBeLessThanOrEqual(columns)
    }
  })

  it('says what the answer must be where it is another', () => {
    expect(renderStep(WRONG, DENIED, PLAIN)).toContain('✗ allowed')
    expect(renderStep(WRONG, DENIED, PLAIN)).toContain('written (must be denied with AccessDenied)')
  })

  it('names its chapter once', () => {
    expect(renderStep(DENIED, undefined, PLAIN)).toContain('\nRefused\n')
    expect(renderStep(DENIED, DENIED, PLAIN)).not.toContain('\nRefused\n')
  })
})

describe('the summary', () => {
  it('counts what was allowed and denied as it should be', () => {
    expect(renderSummary([DENIED, DENIED], PLAIN)).toBe('\n2 steps: 0 allowed and 2 denied as they should be.\n')
  })

  it('names the steps that went wrong', () => {
    expect(renderSummary([DENIED, WRONG], PLAIN)).toBe(
      '\n2 steps: 0 allowed and 1 denied as they should be, 1 not:\n    Write to the same bucket\n',
    )
  })
})

it('says the same in colours and without', () => {
  const coloured = { ...PLAIN, isColoured: true }
  const head = { url: 'http://127.0.0.1:1', isPrivate: true }
  for (const render of [
    (form: typeof PLAIN) => renderHead(head, form),
    (form: typeof PLAIN) => renderStep(DENIED, undefined, form),
    (form: typeof PLAIN) => renderSummary([WRONG], form),
  ]) {
    expect(render(coloured)).not.toBe(render(PLAIN))
    expect(stripVTControlCharacters(render(coloured))).toBe(render(PLAIN))
  }
})
