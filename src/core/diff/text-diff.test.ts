import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { diffTexts, type Line } from './text-diff.ts'

const join = (lines: readonly Line[], without: Line['type']) =>
  lines
    .filter(({ type }) => type !== without)
    .map(({ text, ended }) => text + (ended ? '\n' : ''))
    .join('')

const text = fc
  .array(fc.constantFrom('a', 'b\r', 'c d', '', '-x', '+y', '\\ No newline', 'é🎈'), {
    maxLength: 12,
  })
  .map((lines) => lines.join('\n'))

describe('a difference as data', () => {
  test('with all context holds both texts exactly', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const lines = diffTexts(before, after, Number.POSITIVE_INFINITY).hunks.flatMap(
          (hunk) => hunk.lines,
        )
        if (before === after) expect(lines).toEqual([])
        else expect([join(lines, 'added'), join(lines, 'removed')]).toEqual([before, after])
      }),
    )
  })

  test('marks exactly the words that differ', () => {
    const [hunk] = diffTexts('costs 30 dollars\n', 'costs 25 dollars\n').hunks
    expect(hunk?.lines).toEqual([
      {
        type: 'removed',
        oldLine: 1,
        newLine: null,
        text: 'costs 30 dollars',
        ended: true,
        spans: [{ start: 6, end: 8 }],
      },
      {
        type: 'added',
        oldLine: null,
        newLine: 1,
        text: 'costs 25 dollars',
        ended: true,
        spans: [{ start: 6, end: 8 }],
      },
    ])
  })

  test('of texts that share nothing is bounded: one stands for the other', () => {
    const many = (word: string) =>
      Array.from({ length: 30_000 }, (_, n) => `${word}${n}\n`).join('')
    const { exact, added, removed } = diffTexts(many('a'), many('b'))
    expect({ exact, added, removed }).toEqual({ exact: false, added: 30_000, removed: 30_000 })
  })

  test('of one long line is shown as a whole', () => {
    const [hunk] = diffTexts('a '.repeat(5_000), 'b '.repeat(5_000)).hunks
    expect(hunk?.lines.map(({ spans }) => spans)).toEqual([null, null])
  })
})
