import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mergeMetadata } from './metadata.ts'

const key = fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor')

describe('merging metadata', () => {
  it('sets what has a value, removes what is null, keeps the rest, and is the same text for the same pairs', () => {
    fc.assert(
      fc.property(
        fc.dictionary(key, fc.string(), { noNullPrototype: true }),
        fc.dictionary(key, fc.option(fc.string()), { noNullPrototype: true }),
        (current, patch) => {
          const merged = new Map(Object.entries(mergeMetadata(current, patch)))
          for (const name of new Set([...Object.keys(current), ...Object.keys(patch)])) {
            const wanted = Object.hasOwn(patch, name) ? patch[name] : current[name]
            expect(merged.get(name) ?? null).toBe(wanted)
          }
          expect(mergeMetadata(Object.fromEntries(merged), patch)).toEqual(
            Object.fromEntries(merged),
          )
        },
      ),
    )
  })

  it('refuses more than 16 pairs after the change, not in it', () => {
    const pairs = (from: number, count: number, value: string | null) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${from + i}`, value]))
    const full = mergeMetadata({}, pairs(0, 16, 'x'))
    expect(() => mergeMetadata(full, pairs(16, 1, 'x'))).toThrow('at most 16')
    expect(mergeMetadata(full, { ...pairs(0, 1, null), ...pairs(16, 1, 'x') })).toHaveProperty(
      'k16',
    )
  })
})
