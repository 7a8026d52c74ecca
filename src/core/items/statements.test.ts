import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyChanges } from '../change/apply.ts'
import type { MemoryDocument } from '../memory.ts'
import { hash } from '../mining/_cases.ts'
import { propose } from '../propose/propose.ts'
import { taintAll } from '../trust/line-taints.ts'
import { contentStems } from './content.ts'
import { reconcile } from './reconcile.ts'
import { readValidity } from './times.ts'

const document = (path: string, lines: readonly string[]): MemoryDocument => {
  const content = lines.map((line) => `- ${line}\n`).join('')
  return { path, content, contentSha256: hash(content) }
}
const found = (...lines: string[]) => reconcile([document('/a.md', lines)], hash)
const superseded = (...lines: string[]) =>
  found(...lines).supersessions.map(({ older }) => older.text.slice(2))

describe('a line that says when it holds', () => {
  it.each([
    ['Port is 80 (as of 2026-03-01)', 'now', '2026-03-01'],
    ['Since March 2026 the port is 80.', 'now', '2026-03-01'],
    ['[2026-03-04] port: 80', null, '2026-03-04'],
    ['The port was 80 until 1 May 2025.', 'past', '2025-05-01'],
    ['Formerly the port was 80.', 'past', null],
    ['The port is now 80.', 'now', null],
    ['2026年3月1日: ポートは80', null, '2026-03-01'],
    ['The port is 80.', null, null],
  ])('%j: %j, %j', (text, tense, date) => {
    expect(readValidity(text)).toMatchObject({ tense, date })
  })

  it('may say what it took the place of', () => {
    expect(readValidity('The limit was raised from 5 to 7 items.').replaces).toBe('5')
    expect(readValidity('It is now 7 days instead of 5 days.').replaces).toBe('5 days')
  })
})

describe('of two lines about one thing', () => {
  it('the later dated one holds', () => {
    expect(
      superseded(
        'Refund time: 5 days (as of 2025-01-01)',
        'Refund time: 7 days (as of 2026-01-01)',
      ),
    ).toEqual(['Refund time: 5 days (as of 2025-01-01)'])
  })

  it('the one that names the other’s value as the former one holds', () => {
    expect(
      superseded(
        'Refunds of Oslo orders take 5 days.',
        'The refund time of Oslo orders changed from 5 days to 7 days.',
      ),
    ).toEqual(['Refunds of Oslo orders take 5 days.'])
    expect(
      superseded(
        'Ann approves refunds in Oslo.',
        'Refunds in Oslo are now approved by Bo instead of Ann.',
      ),
    ).toEqual(['Ann approves refunds in Oslo.'])
  })

  it('neither holds for sure when only one has a date, or none', () => {
    for (const lines of [
      ['Insurance costs 30 dollars.', 'As of 2022-06-15 insurance costs 25 dollars.'],
      ['The default region is Oslo.', 'The default region is Turin.'],
      ['Refund time: 5 days', 'Refund time: 7 days'],
      ['Refunds are approved by Ann.', 'Refunds are approved by Bo.'],
    ] as const) {
      expect(superseded(...lines)).toEqual([])
      expect(found(...lines).conflicts).toHaveLength(1)
    }
  })

  it.each([
    ['a condition of its own', 'Refunds take 5 days.', 'Refunds take 9 days on weekends.'],
    ['a range it lies in', 'Refunds take 6 days.', 'Refunds take 5 to 7 days.'],
    ['another name', 'Refunds in Oslo take 5 days.', 'Refunds in Turin take 9 days.'],
    ['history', 'Refunds take 5 days.', 'Formerly refunds took 9 days.'],
    ['rounding', 'The rate is 4.9 percent.', 'The rate is 4.92 percent.'],
    [
      'another version',
      '`gpt-4-0613` was pinned in June 2025.',
      '`gpt-4-0314` was pinned in May 2025.',
    ],
  ])('neither contradicts: %s', (_, a, b) => {
    expect(found(a, b)).toMatchObject({ supersessions: [], conflicts: [] })
  })

  it('neither takes the place of the other in a journal, where a day has several entries', () => {
    expect(
      superseded(
        'Ann (3 May, 2025): Great to see the new oven!',
        'Ann (3 May, 2025): I bake bread on Sundays.',
        'Ann (8 June, 2025): Talk to you soon!',
      ),
    ).toEqual([])
  })

  it('a thing that "was" great did not take the place of what is great', () => {
    expect(readValidity('Ann (3 May 2025): the climb was awesome.').replaces).toBeNull()
    expect(readValidity('As of 3 May 2025 the limit is 7 (was 5).').replaces).toBe('5')
  })

  it('a thing of which many values are said is a list', () => {
    expect(found('Contact: Ann', 'Contact: Bo', 'Contact: Cy').conflicts).toEqual([])
  })
})

describe('two ways of saying one thing', () => {
  it.each([
    ['Ann approves experiments on Oslo.', 'Experiments on Oslo are approved by Ann.'],
    ['Customers in Oslo receive a discount of 5%.', 'A 5% discount is given to customers in Oslo.'],
    ['Bookings can be cancelled within 24 hours.', 'Within 24 hours, a booking can be canceled.'],
  ])('%j and %j are one', (a, b) => {
    expect(found(a, b).duplicates).toHaveLength(1)
  })

  it.each([
    ['Ann manages Bo in Oslo.', 'Bo manages Ann in Oslo.'],
    ['Ann manages Bo in Oslo.', 'Ann is managed by Bo in Oslo.'],
    ['Move data from 5 to 7.', 'Move data from 7 to 5.'],
    ['Ship fragile orders by courier.', 'Ship orders by courier.'],
    ['予約は変更できる', '予約は変更できない'],
    ['コマンドを追加した', 'コマンドを改善した'],
  ])('%j and %j are two', (a, b) => {
    expect(found(a, b).duplicates).toEqual([])
  })

  it('are not merged over the border of a folder', () => {
    const line = ['Refunds of all orders take 5 days.']
    const documents = [document('/oslo/a.md', line), document('/turin/a.md', line)]
    expect(reconcile(documents, hash).duplicates).toEqual([])
  })

  it('share their stems whatever their endings', () => {
    expect([...contentStems('Cancelled bookings')]).toEqual([...contentStems('cancel booking')])
  })
})

const lines = fc.array(
  fc.constantFrom(
    'Refunds of Oslo orders take 5 days.',
    'It takes 5 days for refunds of Oslo orders.',
    'Refunds of Turin orders take 5 days.',
    'The refund time of Oslo orders changed from 5 days to 7 days.',
    'Refund time: 5 days (as of 2025-01-01)',
    'Refund time: 7 days (as of 2026-01-01)',
    'Refund time: 8 days (as of 2026-02-01)',
    'Never refund without a receipt.',
    'Refund without a receipt.',
    'Ann approves refunds in Oslo.',
    'Refunds in Oslo are approved by Ann.',
    '返金は5日かかる。',
  ),
  { maxLength: 12 },
)

describe('reconciling again and again', () => {
  const dream = (documents: readonly MemoryDocument[]) => {
    const reconciliation = reconcile(documents, hash)
    return propose({
      findings: [],
      documents,
      reconciliation,
      hash,
      trust: { taints: taintAll(documents, 'operator'), sign: hash },
    }).changes
  }

  it('comes to rest, in whatever order the documents come', () => {
    fc.assert(
      fc.property(lines, lines, (a, b) => {
        let documents: readonly MemoryDocument[] = [document('/a.md', a), document('/b.md', b)]
        expect(dream(documents.toReversed())).toEqual(dream(documents))
        for (let round = 0; round < 12; round += 1) {
          const changes = dream(documents)
          if (changes.length === 0) return
          const { documents: after, refused } = applyChanges(documents, changes, hash)
          expect(refused).toEqual([])
          documents = after
        }
        expect(dream(documents)).toEqual([])
      }),
      { numRuns: 60 },
    )
  })
})

describe('hostile text', () => {
  it.each([
    '-',
    '_',
    ' ',
    'a_',
    'a ',
    '(',
    'is ',
    'from 5 to ',
    '1.',
    '- ',
    ':',
    'by Ann ',
    '。',
    'ア',
  ])('of %j, a hundred thousand letters of it, is read in no time', (piece) => {
    const long = piece.repeat(Math.ceil(100_000 / piece.length))
    const documents = [document('/a.md', [long, `x ${long}`]), document('/b.md', [long.slice(1)])]
    expect(reconcile(documents, hash).supersessions).toEqual([])
  })
})
