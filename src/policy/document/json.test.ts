import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { JSON_CHARACTERS_MAX, JSON_DEPTH_MAX, type JsonNode, readJson } from './json.ts'

function plain(node: JsonNode): unknown {
  switch (node.kind) {
    case 'string':
    case 'boolean':
      return node.value
    case 'number':
      return Number(node.text)
    case 'null':
      return null
    case 'array':
      return node.elements.map(plain)
    case 'object':
      return Object.fromEntries(node.members.map(({ key, value }) => [key.value, plain(value)]))
  }
}

function accepts(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

describe('the JSON reader', () => {
  it('reads what JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(0, 2), (value, indent) => {
        const text = JSON.stringify(value, null, indent)
        const result = readJson(text)
        // As text: `toEqual` does not see a member called `__proto__` as the plain member that it is.
        expect(JSON.stringify(result.ok && plain(result.root))).toBe(JSON.stringify(JSON.parse(text)))
      }),
      {
        examples: [
          [{ a: [1.5e3, -0.5, null, true, 'é\u2028"\\\n'] }, 2],
          [JSON.parse('{"__proto__":{}}'), 0],
        ],
      },
    )
  })

  it('accepts exactly what JSON is', () => {
    const text = fc.string({
      unit: fc.constantFrom(...'{}[]",:\\u0a1-+.eE tfnrulasx\n\u0001'.split('')),
      maxLength: 10,
    })
    fc.assert(
      fc.property(text, (t) => readJson(t).ok === accepts(t)),
      {
        numRuns: 5000,
        examples: [
          ['01'],
          ['1.'],
          ['"\\x"'],
          ['[1,]'],
          ['{"a":1,}'],
          ['"\t"'],
          [''],
          ['nul'],
          ['-'],
          ['"\\u00g0"'],
          ['[1] x'],
        ],
      },
    )
  })

  it('knows where things stand', () => {
    const result = readJson('{\n  "a": [1,\r\n    "b"]\n}')
    const root = result.ok ? result.root : undefined
    const list = root?.kind === 'object' ? root.members[0]?.value : undefined
    expect(list?.span.start).toEqual({ line: 2, column: 8, offset: 9 })
    const b = list?.kind === 'array' ? list.elements[1] : undefined
    expect(b?.span).toEqual({
      start: { line: 3, column: 5, offset: 18 },
      end: { line: 3, column: 8, offset: 21 },
    })
    expect(root?.span.end).toEqual({ line: 4, column: 2, offset: 24 })
  })

  it('says where it stopped', () => {
    const result = readJson('{"a":\n  x}')
    expect(!result.ok && result.span.start).toMatchObject({ line: 2, column: 3 })
  })

  it('stops at a depth', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
    expect(readJson(nested(JSON_DEPTH_MAX)).ok).toBe(true)
    expect(readJson(nested(JSON_DEPTH_MAX + 1)).ok).toBe(false)
    expect(readJson('['.repeat(JSON_CHARACTERS_MAX)).ok).toBe(false)
  })

  it('stops at a length', () => {
    const string = (length: number): string => `"${'a'.repeat(length - 2)}"`
    expect(readJson(string(JSON_CHARACTERS_MAX)).ok).toBe(true)
    expect(readJson(string(JSON_CHARACTERS_MAX + 1)).ok).toBe(false)
  })
})
