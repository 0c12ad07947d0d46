import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, test, vi } from 'vitest'
import { UsageError } from '../usage-error.ts'
import { type ValidateFlags, validatePolicies } from './validate.ts'

const CLEAN =
  '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}}'
const WRONG = `{
  "Version": "2012-10-17",
  "Statement": {
    "Effect": "Allow",
    "Action": "s3:GetObjects",
    "Resource": "*"
  }
}
`
const WARNED = '{"Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'openirsa-validate-'))
  writeFileSync(join(folder, 'clean.json'), CLEAN)
  writeFileSync(join(folder, 'wrong.json'), WRONG)
  writeFileSync(join(folder, 'warned.json'), WARNED)
  writeFileSync(join(folder, 'a b.json'), `\uFEFF${CLEAN.replace('s3:GetObject', 's3:Nothing')}`)
  writeFileSync(join(folder, 'long.json'), CLEAN.replace('"Effect"', `${' '.repeat(500)}"Efect"`))
})
afterAll(() => rmSync(folder, { recursive: true }))

function run(
  names: readonly string[],
  flags: Partial<ValidateFlags> = {},
): { readonly exitCode: number; readonly output: string } {
  const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  try {
    const exitCode = validatePolicies(
      names.map((name) => join(folder, name)),
      { output: 'text', ...flags },
    )
    return { exitCode, output: stripVTControlCharacters(written.mock.calls.map(([text]) => text).join('')) }
  } finally {
    written.mockRestore()
  }
}

describe('policy validate', () => {
  test.each([
    ['a clean policy', ['clean.json'], 0],
    ['a warning', ['warned.json'], 0],
    ['an error', ['clean.json', 'wrong.json'], 1],
  ] as const)('%s: exit code', (_, names, exitCode) => {
    expect(run(names).exitCode).toBe(exitCode)
  })

  it('shows the place, the code, what to do and the line with a caret', () => {
    const { output } = run(['wrong.json'])
    expect(output).toBe(
      [
        `${join(folder, 'wrong.json')}:5:15: error INVALID_ACTION`,
        '  The action s3:GetObjects does not exist. Did you mean s3:GetObject?',
        '  5 |     "Action": "s3:GetObjects",',
        '    |               ^^^^^^^^^^^^^^^',
        '',
        '1 error in 1 policy',
        '',
      ].join('\n'),
    )
  })

  it('cuts a long line around what it points at', () => {
    const lines = run(['long.json'], { type: 'identity' }).output.split('\n')
    const shown = lines.findIndex((line) => line.includes('"Efect"'))
    const caret = lines[shown + 1]?.indexOf('^') ?? -1
    expect(lines[shown]?.length).toBeLessThan(140)
    expect(lines[shown]?.slice(caret, caret + 7)).toBe('"Efect"')
  })

  it('answers JSON in the shape of ValidatePolicy', () => {
    const [first, second] = JSON.parse(run(['clean.json', 'warned.json'], { output: 'json' }).output)
    expect(first).toEqual({ file: join(folder, 'clean.json'), type: 'identity', findings: [] })
    expect(second.findings).toEqual([
      {
        findingType: 'WARNING',
        issueCode: 'MISSING_VERSION',
        findingDetails: expect.stringContaining('Version'),
        learnMoreLink: expect.stringContaining(
          '#access-analyzer-reference-policy-checks-general-warning-missing-version',
        ),
        locations: [
          {
            path: [],
            span: {
              start: { line: 1, column: 0, offset: 0 },
              end: { line: 1, column: WARNED.length, offset: WARNED.length },
            },
          },
        ],
      },
    ])
  })

  it('answers SARIF: a rule a code, places that count from 1, URIs', () => {
    const log = JSON.parse(run(['wrong.json', 'a b.json'], { output: 'sarif' }).output)
    expect(log.version).toBe('2.1.0')
    const [{ tool, results }] = log.runs
    expect(tool.driver.rules.map(({ id }: { id: string }) => id)).toEqual(['INVALID_ACTION'])
    expect(results).toHaveLength(2)
    expect(results[0]).toEqual({
      ruleId: 'INVALID_ACTION',
      ruleIndex: 0,
      level: 'error',
      message: { text: 'The action s3:GetObjects does not exist. Did you mean s3:GetObject?' },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: `file://${join(folder, 'wrong.json')}` },
            region: { startLine: 5, startColumn: 15, endLine: 5, endColumn: 30, charOffset: 83, charLength: 15 },
          },
          logicalLocations: [{ fullyQualifiedName: 'Statement/Action' }],
        },
      ],
    })
    expect(results[1].locations[0].physicalLocation.artifactLocation.uri).toMatch(/\/a%20b\.json$/)
  })

  it('finds the kind of policy out from its principals, and takes what it is told', () => {
    const trust = { Version: '2012-10-17', Statement: { Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole' } }
    writeFileSync(join(folder, 'trust.json'), JSON.stringify(trust))
    expect(run(['trust.json']).output).toContain('ROLE_TRUST_POLICY_UNSUPPORTED_WILDCARD_IN_PRINCIPAL')
    expect(run(['trust.json'], { type: 'identity' }).output).toContain('UNSUPPORTED_PRINCIPAL')
    expect(run(['clean.json'], { resourceType: 'AWS::S3::Bucket' }).output).toContain('MISSING_PRINCIPAL')
  })

  test.each([
    ['a type that there is not', ['clean.json'], { type: 'user' }],
    ['an output that there is not', ['clean.json'], { output: 'xml' }],
    ['a file that is not there', ['nothing.json'], {}],
  ] as const)('refuses %s', (_, names, flags) => {
    expect(() => run(names, flags)).toThrow(UsageError)
  })
})
