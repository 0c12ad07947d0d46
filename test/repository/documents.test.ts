import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'

const DOCUMENTS = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '--', '*.md'], { encoding: 'utf8' })
  .split('\n')
  .filter((file) => file !== '' && existsSync(file))
const SCRIPTS: Readonly<Record<string, string>> = JSON.parse(readFileSync('package.json', 'utf8')).scripts

test('there are documents to look at', () => {
  expect(DOCUMENTS).toContain('README.md')
  expect(DOCUMENTS).toContain('docs/guide.md')
})

describe.each(DOCUMENTS)('%s', (document) => {
  const text = readFileSync(document, 'utf8')

  test('names only files and folders that are there', () => {
    const named = Array.from(
      text.matchAll(/`((?:src|test|scripts|docs|bench|bin)\/[\w./-]+)`/g),
      ([, file = '']) => file,
    )
    expect(named.filter((file) => !existsSync(file))).toEqual([])
  })

  test('links only to what is there', () => {
    const links = Array.from(text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g), ([, target = '']) => target)
    expect(links.filter((target) => !existsSync(path.join(path.dirname(document), target)))).toEqual([])
  })

  test('links only to headings that are there', () => {
    const headings = Array.from(text.matchAll(/^#+ (.+)$/gm), ([, heading = '']) => anchorOf(heading))
    const anchors = Array.from(text.matchAll(/\]\(#([^)]+)\)/g), ([, anchor = '']) => anchor)
    expect(anchors.filter((anchor) => !headings.includes(anchor))).toEqual([])
  })

  test('names only npm scripts that package.json has', () => {
    const named = Array.from(text.matchAll(/npm run ([a-z-]+)/g), ([, name = '']) => name)
    expect(named.filter((name) => !Object.hasOwn(SCRIPTS, name))).toEqual([])
  })
})

/** As GitHub makes it of a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-')
}
