import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findContentFault } from './memory.ts'

describe('content', () => {
  it('may be empty, and may be 102 400 bytes long, counted in UTF-8', () => {
    for (const content of [
      '',
      'a'.repeat(102_400),
      'é'.repeat(51_200),
      '\u{1f388}'.repeat(25_600),
    ]) {
      expect(findContentFault(content)).toBeNull()
      expect(findContentFault(`${content}${'a'.repeat(102_401)}`)).toContain('at most 102400')
    }
    expect(findContentFault('a'.repeat(102_401))).toContain('102401 bytes')
    expect(findContentFault(`${'é'.repeat(51_200)}a`)).toContain('102401 bytes')
  })

  it('without NUL and lone surrogates is accepted, and then comes back from UTF-8 as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 50 }), (content) => {
        expect(findContentFault(content) === null).toBe(
          Buffer.from(content).toString() === content && !content.includes('\0'),
        )
      }),
      { numRuns: 2_000 },
    )
    expect(findContentFault('a\ud800')).toContain('surrogate')
    expect(findContentFault('a\0')).toContain('U+0000')
  })
})
