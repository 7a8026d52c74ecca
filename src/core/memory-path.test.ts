import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  behindPrefix,
  findDirectory,
  findPathFault,
  findPrefixFault,
  listAncestors,
} from './memory-path.ts'

const segments = (count: number) => '/a'.repeat(count)

describe('a path', () => {
  it.each([
    '/a',
    '/notes/todo.md',
    '/.hidden/..a/a..',
    '/a b/"c"/\\d',
    '/ä/日本/\u{1f388}',
    segments(20),
    `/${'a'.repeat(1_023)}`,
    `/${'é'.repeat(511)}`,
  ])('may be %j', (path) => {
    expect(findPathFault(path)).toBeNull()
  })

  it.each([
    ['', 'does not begin'],
    ['a', 'does not begin'],
    ['/', 'empty segment'],
    ['/a/', 'empty segment'],
    ['/a//b', 'empty segment'],
    ['/./a', '"."'],
    ['/a/..', '".."'],
    [segments(21), '21 segments, at most 20'],
    [`/${'a'.repeat(1_024)}`, '1024 bytes'],
    [`/${'é'.repeat(512)}`, '1024 bytes'],
    ['/e\u0301', 'Normalization Form C'],
    ['/\ud800', 'surrogate'],
    ['/a\0', 'U+0000'],
    ['/a\nb', 'U+000A'],
    ['/a\u007f', 'U+007F'],
    ['/a\u00ad', 'U+00AD'],
    ['/a\u200d', 'U+200D'],
    ['/a\u202e', 'U+202E'],
    ['/a\u2028', 'U+2028'],
    ['/a\u2029', 'U+2029'],
    ['/\u{e0001}', 'U+E0001'],
  ])('may not be %j, and the fault says %j', (path, says) => {
    expect(findPathFault(path)).toContain(says)
  })

  it('that is accepted is short, normal, and made of segments that name something', () => {
    const letters = fc.constantFrom(
      '/',
      'a',
      '.',
      'é',
      'e\u0301',
      '\u200b',
      '\n',
      '\ud83c',
      '\u{1f388}',
    )
    const anything = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(letters, { maxLength: 60 }).map((parts) => `/${parts.join('')}`),
    )
    fc.assert(
      fc.property(anything, (path) => {
        if (findPathFault(path) !== null) return
        const [before, ...names] = path.split('/')
        expect(before).toBe('')
        expect(names.length).toBeGreaterThan(0)
        expect(names.length).toBeLessThanOrEqual(20)
        for (const name of names) expect(['', '.', '..']).not.toContain(name)
        expect(Buffer.from(path).toString()).toBe(path)
        expect(Buffer.byteLength(path)).toBeLessThanOrEqual(1_024)
        expect(path.normalize('NFC')).toBe(path)
        expect(path).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u)
      }),
      { numRuns: 2_000 },
    )
  })

  it('has the paths above it as ancestors, from the top', () => {
    expect(listAncestors('/a')).toEqual([])
    expect(listAncestors('/a/b.md/c')).toEqual(['/a', '/a/b.md'])
  })
})

describe('a prefix', () => {
  it('is the whole store, or a path with a slash behind it', () => {
    for (const prefix of ['/', '/a/', `${segments(20)}/`]) {
      expect(findPrefixFault(prefix)).toBeNull()
    }
    expect(findPrefixFault('')).toContain('does not end with "/"')
    expect(findPrefixFault('/notes')).toContain('does not end with "/"')
    expect(findPrefixFault('//')).toContain('empty segment')
    expect(findPrefixFault('a/')).toContain('the prefix does not begin')
    expect(findPrefixFault('/e\u0301/')).toContain('Normalization Form C')
  })

  it('has exactly the paths below it between itself and what is behind it, by code point', () => {
    const path = fc
      .array(fc.constantFrom('a', 'b', 'a-', 'a0', '.', '\u{1f388}', '\uff5e'), {
        minLength: 1,
        maxLength: 4,
      })
      .map((names) => `/${names.join('/')}`)
    const below = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0
    fc.assert(
      fc.property(path, path, (one, other) => {
        const prefix = `${other}/`
        const between = !below(one, prefix) && below(one, behindPrefix(prefix))
        expect(between).toBe(one.startsWith(prefix))
        expect(between).toBe(listAncestors(one).includes(other))
        const directory = between ? findDirectory(prefix, one) : null
        expect(directory === null || listAncestors(one).includes(directory.slice(0, -1))).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })
})
