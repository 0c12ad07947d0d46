import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'

const { dependencies, devDependencies, optionalDependencies } = JSON.parse(await readFile('package.json', 'utf8'))
const ALL: Readonly<Record<string, string>> = { ...dependencies, ...devDependencies, ...optionalDependencies }
/** Rows of docs/dependencies.md: package, what for, licence, what would replace it. */
const ROWS = Array.from(
  (await readFile('docs/dependencies.md', 'utf8')).matchAll(/^\| `([^`]+)` +\| (.+?) +\| (.+?) +\| (.+?) +\|$/gm),
  ([, name = '', purpose = '', licence = '', replacement = '']) => ({ name, purpose, licence, replacement }),
)

test('every dependency has its row in docs/dependencies.md, and nothing else has', () => {
  expect(ROWS.map(({ name }) => name).sort()).toEqual(Object.keys(ALL).sort())
})

test('every dependency is pinned exactly', () => {
  expect(Object.entries(ALL).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
})

test('the licences are those of the installed packages', async () => {
  const installed = await Promise.all(ROWS.map(async ({ name }) => [name, await licenceOf(name)] as const))
  const known = new Map(installed.filter(([, licence]) => licence !== undefined))
  expect(known.size).toBeGreaterThan(20)
  for (const { name, licence } of ROWS) expect([name, licence]).toEqual([name, known.get(name) ?? licence])
})

/** Undefined for a package of another platform. */
async function licenceOf(name: string): Promise<string | undefined> {
  const text = await readFile(`node_modules/${name}/package.json`, 'utf8').catch(() => undefined)
  return text === undefined ? undefined : JSON.parse(text).license
}
