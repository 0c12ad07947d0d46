import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PrefixTree } from './prefix-tree.ts'

const TEXT = fc.string({ unit: fc.constantFrom('a', 'b', '*', '\ud800'), maxLength: 6 })

describe('a prefix tree', () => {
  it('finds every place that stands under a beginning of the text, and no other', () => {
    fc.assert(
      fc.property(fc.array(TEXT), fc.array(TEXT), (prefixes, texts) => {
        const tree = new PrefixTree<readonly number[]>((places, above = []) => [...above, ...places])
        for (const [place, prefix] of prefixes.entries()) tree.insert(prefix, place)
        for (const text of [...texts, ...prefixes]) {
          const expected = [...prefixes.keys()].filter((place) => text.startsWith(prefixes[place] ?? ''))
          expect(tree.find(text).toSorted((a, b) => a - b)).toEqual(expected)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('shares what was found between texts that end up at the same place', () => {
    const tree = new PrefixTree<readonly number[]>((places, above = []) => [...above, ...places])
    for (const prefix of ['', 'arn:', 'arn:aws:']) tree.insert(prefix, prefix.length)
    expect(tree.find('arn:aws:s3')).toBe(tree.find('arn:aws:sqs'))
    expect(tree.find('')).toEqual([0])
  })
})
