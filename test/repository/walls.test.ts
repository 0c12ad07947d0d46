import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, test } from 'vitest'

/**
 * A canary for the import walls of biome.json: each line must be refused, and each neighbour of it let through. A checker that
 * sees nothing (a renamed rule, a pattern that matches no path) fails here.
 */
const REFUSED = [
  ['src/aws/x.ts', '../store/store.ts'],
  ['src/policy/x.ts', '../store/store.ts'],
  ['src/policy/x.ts', 'node:fs'],
  ['src/policy/x.ts', 'kysely'],
  ['src/wire/x.ts', '../access/operation.ts'],
  ['src/sigv4/x.ts', '../store/store.ts'],
  ['src/oidc/x.ts', '../store/store.ts'],
  ['src/store/x.ts', '../access/operation.ts'],
  ['src/access/x.ts', '../wire/errors.ts'],
  ['src/services/iam/x.ts', '../../wire/errors.ts'],
  ['src/services/iam/x.ts', '../../server/http.ts'],
  ['src/services/iam/x.ts', '../sts/service.ts'],
  ['src/services/iam/role/x.ts', '../../../wire/errors.ts'],
  ['src/services/iam/role/x.ts', '../../s3/service.ts'],
  ['src/server/x.ts', '../cli/main.ts'],
] as const

const ALLOWED = [
  ['src/policy/x.ts', '../aws/arn.ts'],
  ['src/policy/x.ts', './parse.ts'],
  ['src/access/x.ts', '../policy/index.ts'],
  ['src/services/iam/x.ts', '../../access/operation.ts'],
  ['src/services/iam/role/x.ts', '../principal/principal.ts'],
  ['src/services/iam/role/x.ts', '../../../policy/index.ts'],
  ['src/server/x.ts', '../services/iam/service.ts'],
  ['src/cli/x.ts', '../server/http.ts'],
] as const

const WALL = 'lint/style/noRestrictedImports'
const ENVIRONMENT = 'lint/style/noProcessEnv'

describe('the import walls', () => {
  const files = new Map<string, string>()
  for (const [index, [file, specifier]] of [...REFUSED, ...ALLOWED].entries()) {
    files.set(canary(file, index), `import { x } from '${specifier}'\n\nconsole.log(x)\n`)
  }
  for (const folder of ['server', 'cli']) files.set(`src/${folder}/environment.ts`, 'console.log(process.env.X)\n')
  const findings = lint(files)

  test.each(REFUSED.map((pair, index) => [...pair, index] as const))('%s may not import %s', (file, _, index) => {
    expect(findings(canary(file, index))).toContain(WALL)
  })

  test.each(ALLOWED.map((pair, index) => [...pair, index] as const))('%s may import %s', (file, _, index) => {
    expect(findings(canary(file, REFUSED.length + index))).not.toContain(WALL)
  })

  test('the environment is read in cli only', () => {
    expect(findings('src/server/environment.ts')).toContain(ENVIRONMENT)
    expect(findings('src/cli/environment.ts')).not.toContain(ENVIRONMENT)
  })
})

function canary(file: string, index: number): string {
  return file.replace('x.ts', `canary-${index}.ts`)
}

/** Runs the checker with the project's rules over files in a folder of their own; answers the rules that a file broke. */
function lint(files: ReadonlyMap<string, string>): (file: string) => readonly string[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'openirsa-walls-'))
  const { vcs: _, $schema: __, ...rules } = JSON.parse(readFileSync('biome.json', 'utf8'))
  writeFileSync(path.join(folder, 'biome.json'), JSON.stringify(rules))
  for (const [file, content] of files) {
    mkdirSync(path.join(folder, path.dirname(file)), { recursive: true })
    writeFileSync(path.join(folder, file), content)
  }
  const ran = spawnSync('biome', ['lint', '--reporter=github', '--max-diagnostics=none', 'src'], {
    cwd: folder,
    encoding: 'utf8',
  })
  rmSync(folder, { recursive: true })
  const found = Array.from(ran.stdout.matchAll(/title=([^,]+),file=([^,]+),/g))
  return (file) => found.filter(([, , where]) => where?.endsWith(file)).map(([, rule = '']) => rule)
}
