import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { MemoryDocument } from '../memory.ts'
import { joinContained } from './containment.ts'
import { extractFacts } from './facts.ts'
import { parseItems } from './items.ts'
import { joinSimilar } from './near-duplicates.ts'
import { reconcile } from './reconcile.ts'
import { contentWords, shingle } from './words.ts'

/** FNV-1a, enough to name things in tests. */
const hash = (text: string) => {
  let state = 0x811c9dc5
  for (const character of text)
    state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 0x01000193)
  return (state >>> 0).toString(16).padStart(8, '0').repeat(8)
}
const document = (path: string, content: string): MemoryDocument => ({
  path,
  content,
  contentSha256: hash(content),
})
const parse = (content: string) => parseItems(document('/a.md', content), hash)

describe('items of a document', () => {
  it('are headings, bullets, nested bullets, paragraphs, rows, code and front matter, each with its headings', () => {
    const items = parse(
      '---\nname: x\n---\n\n# One\n\nText.\n\n- a\n  - b\n- c\n\n## Two\n\n| k | v |\n| - | - |\n| 1 | 2 |\n\n```\ncode\n```\n',
    )
    expect(items.map(({ kind, text, headings }) => [kind, text, headings.join('/')])).toEqual([
      ['frontmatter', '---\nname: x\n---', ''],
      ['heading', '# One', ''],
      ['paragraph', 'Text.', 'One'],
      ['bullet', '- a', 'One'],
      ['bullet', '- b', 'One'],
      ['bullet', '- c', 'One'],
      ['heading', '## Two', 'One'],
      ['row', '| k | v |', 'One/Two'],
      ['row', '| 1 | 2 |', 'One/Two'],
      ['code', '```\ncode\n```', 'One/Two'],
    ])
    expect(items.find(({ text }) => text === '- a')?.hasChildren).toBe(true)
  })

  const piece = fc.oneof(
    fc.constantFrom(
      '# H\n',
      '- a\n',
      '  - b\n',
      '\n',
      '| a | b |\n|--|--|\n',
      '```\nx\n```\n',
      '> q\n',
      '1. n\n',
      '<b>\n',
      '---\n',
      '日本語。\n',
      '\r\n',
      '***\n',
    ),
    fc.string({ maxLength: 12 }),
  )

  it('stand exactly where they say, in order, and leave out only white space and markup', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const content = pieces.join('')
        const items = parse(content)
        let end = 0
        for (const item of items) {
          expect(content.slice(item.start, item.end)).toBe(item.text)
          expect(item.start).toBeGreaterThanOrEqual(end)
          const between = content.slice(end, item.start)
          expect(between).not.toMatch(/[\p{L}\p{N}]{2}/u)
          end = item.end
        }
        expect(new Set(items.map(({ id }) => id)).size).toBe(items.length)
      }),
      { numRuns: 300 },
    )
  })
})

describe('the join of similar sets', () => {
  const set = fc
    .array(fc.constantFrom(...'abcdefghij'), { minLength: 1, maxLength: 9 })
    .map((list) => new Set(list))

  it('finds exactly the pairs that comparing all with all finds', () => {
    fc.assert(
      fc.property(
        fc.array(set, { maxLength: 25 }),
        fc.constantFrom(0.5, 0.7, 0.9),
        (sets, threshold) => {
          const slow: string[] = []
          sets.forEach((a, i) => {
            sets.forEach((b, j) => {
              if (i < j && a.intersection(b).size / a.union(b).size >= threshold)
                slow.push(`${i} ${j}`)
            })
          })
          expect(
            joinSimilar(sets, threshold).map(({ first, second }) => `${first} ${second}`),
          ).toEqual(slow)
        },
      ),
    )
  })
})

describe('sets that hold one another', () => {
  const set = fc.array(fc.constantFrom(...'abcdef'), { maxLength: 6 }).map((list) => new Set(list))

  it('are exactly those that comparing all with all finds', () => {
    fc.assert(
      fc.property(fc.array(set, { maxLength: 25 }), fc.constantFrom(0.5, 1), (sets, threshold) => {
        const slow: string[] = []
        sets.forEach((a, i) => {
          sets.forEach((b, j) => {
            const [small, large] = a.size <= b.size ? [a, b] : [b, a]
            const held = small.size > 0 && small.isSubsetOf(large)
            if (i < j && held && small.size / large.size >= threshold) slow.push(`${i} ${j}`)
          })
        })
        const found = joinContained(sets, threshold)
        expect(found.map(({ first, second }) => `${first} ${second}`)).toEqual(slow)
      }),
    )
  })
})

describe('reconciliation', () => {
  it('takes many lines that differ in nothing but values for a list, and says so', () => {
    const lines = Array.from(
      { length: 2_000 },
      (_, i) => `- The port limit of the gateway is ${i}.\n`,
    )
    const content = lines.join('')
    const found = reconcile([{ path: '/a.md', content, contentSha256: hash(content) }], hash)
    expect(found.conflicts).toEqual([])
    expect(found.notAnalysable).toEqual([expect.stringContaining('2000 lines differ in nothing')])
  })

  it('merges any number of copies of a line into one', () => {
    const content = '- Refunds need the approval of a lead.\n'.repeat(1_000)
    const found = reconcile([{ path: '/a.md', content, contentSha256: hash(content) }], hash)
    expect(found.duplicates.flatMap(({ others }) => others)).toHaveLength(999)
  })

  const bullets = (...lines: string[]) => lines.map((line) => `- ${line}\n`).join('')

  it('takes two ways of saying one thing for duplicates, in two documents as well', () => {
    const found = reconcile(
      [
        document(
          '/a.md',
          bullets('Refunds go to the original payment method in 5 to 7 business days.'),
        ),
        document(
          '/b.md',
          bullets('Refunds go to the original payment method within 5 to 7 business days'),
        ),
      ],
      hash,
    )
    expect(found.duplicates).toHaveLength(1)
    expect(found.conflicts).toEqual([])
  })

  const base = 'Gold members of the London office may always cancel 3 bookings within 24 hours.'
  it.each([
    ['number', base.replace('3', '4')],
    ['unit', base.replace('24 hours', '24 days')],
    ['negation', base.replace('may always', 'may not always')],
    ['quantifier', base.replace('always', 'only')],
    ['name', base.replace('London', 'Boston')],
    ['date', `${base.slice(0, -1)} until 2026-01-01.`],
    ['code', base.replace('cancel', 'call `cancel` for')],
  ])('never merges two lines that differ in a %s', (_, other) => {
    const found = reconcile(
      [document('/a.md', bullets(base)), document('/b.md', bullets(other))],
      hash,
    )
    expect(found.duplicates).toEqual([])
  })

  it('flags different values of the same thing, and not of two things', () => {
    const found = reconcile(
      [
        document(
          '/a.md',
          bullets(
            'Each booking can have at most five passengers.',
            'Each booking can have at most four passengers.',
            'For a cancelled flight members can get a certificate of $100.',
            'For a delayed flight members can get a certificate of $50.',
          ),
        ),
      ],
      hash,
    )
    expect(found.conflicts.map(({ first, second }) => [first.text, second.text])).toEqual([
      [
        '- Each booking can have at most five passengers.',
        '- Each booking can have at most four passengers.',
      ],
    ])
  })

  it('takes names with digits in them for two things', () => {
    const lines = ['node-7 keeps its logs for 5 days.', 'node-9 keeps its logs for 8 days.']
    const found = reconcile([document('/a.md', bullets(...lines))], hash)
    expect(found.conflicts).toEqual([])
    expect(found.duplicates).toEqual([])
  })

  it('does not merge what one document says under two headings', () => {
    const text =
      '# Economy\n\n- Changes are free of charge for members.\n\n# Business\n\n- Changes are free of charge for members.\n'
    expect(reconcile([document('/a.md', text)], hash).duplicates).toEqual([])
  })

  it('compares Japanese by characters and says so', () => {
    const found = reconcile(
      [
        document('/a.md', '- 予約は必ず確認してから変更してください\n'),
        document('/b.md', '- 予約は必ず確認してから変更して下さい\n'),
      ],
      hash,
    )
    expect(shingle('予約は必ず').size).toBeGreaterThan(2)
    expect(found.notAnalysable).toHaveLength(1)
  })

  it('does not depend on the order of the documents', () => {
    const documents = ['x', 'y', 'z'].map((name) =>
      document(
        `/${name}.md`,
        bullets('Refunds go to the original payment method in 7 days.', `Only in ${name}.`),
      ),
    )
    expect(reconcile(documents.toReversed(), hash)).toEqual(reconcile(documents, hash))
  })
})

describe('facts', () => {
  it('reads amounts, spelled numbers, dates and code alike however they are written', () => {
    expect(extractFacts('Costs $1,300').numbers).toEqual(extractFacts('Costs 1300 dollars').numbers)
    expect(extractFacts('at most five bags').numbers).toEqual(['5'])
    expect(extractFacts('since 2026-01-02').dates).toEqual(['2026-01-02'])
    expect(extractFacts('call `get_user` now').code).toEqual(['get_user'])
  })

  it('leaves only topic words as content', () => {
    expect([...contentWords('The fee is not 50 dollars at all.')]).toEqual(['fee', 'dollars'])
  })
})
