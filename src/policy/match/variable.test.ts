// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables
import { describe, expect, it } from 'vitest'
import { parseTemplate, resolveText } from './variable.ts'

const SYNTAX = { variables: true, wildcards: false }
const context = new Map<string, string | readonly string[]>([
  ['aws:username', 'alice'],
  ['aws:tagkeys', ['a']],
])

describe('variables', () => {
  it.each([
    ['${aws:username}', 'alice'],
    ['a-${AWS:UserName}-b-${aws:username}', 'a-alice-b-alice'],
    ["${aws:none, 'x'}", 'x'],
    ["${aws:none, ''}", ''],
    ["${aws:none, 'a}b, c'}!", 'a}b, c!'],
    ['${*}${?}${$}{aws:username}', '*?${aws:username}'],
    ['$aws:username $', '$aws:username $'],
    ['${aws:none}', undefined],
    ['${aws:TagKeys}', undefined],
    ["${aws:TagKeys, 'x'}", undefined],
  ])('%s becomes %j', (text, expected) => {
    expect(resolveText(parseTemplate(text, SYNTAX), context, 1_000)).toBe(expected)
  })

  it.each([
    '${',
    '${aws:username',
    '${}',
    '${ aws:username}',
    '${aws:username }',
    "${aws:username,'x'}",
    "${aws:username, 'x}",
    '${aws:${aws:username}}',
    '${**}',
  ])('%s is malformed', (text) => {
    expect(parseTemplate(text, SYNTAX).malformed).toBe(true)
    expect(parseTemplate(text, { ...SYNTAX, variables: false }).malformed).toBe(false)
  })

  it('make no longer text than could match', () => {
    const template = parseTemplate('a${aws:username}', SYNTAX)
    expect(resolveText(template, context, 6)).toBe('aalice')
    expect(resolveText(template, context, 5)).toBeUndefined()
  })

  it('are read in time in proportion to the text', () => {
    for (const part of ['${a:b}', '${*}', "${a:b, 'c'}", '${', "${a, '", '}']) {
      const text = part.repeat(40_000)
      const started = performance.now()
      parseTemplate(text, { variables: true, wildcards: true })
      expect(performance.now() - started).toBeLessThan(250)
    }
  })
})
