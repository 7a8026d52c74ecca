import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fold } from './fold.ts'
import { matchText } from './matches.ts'
import { parseQuery } from './query.ts'
import { listIndexTokens, tailMark, tokenise } from './tokens.ts'

const find = (query: string, text: string) =>
  matchText(parseQuery(query), text)?.spans.map(({ start, end }) => text.slice(start, end)) ?? null

describe('a query', () => {
  test.each([
    ['refund', 'No Refund here', ['Refund']],
    ['refund', 'refunds', null],
    ['refun*', 'two refunds', ['refun']],
    ['fund*', 'two refunds', null],
    ['"travel insurance"', 'Travel – insurance costs', ['Travel – insurance']],
    ['"travel insurance"', 'insurance for travel', null],
    ['travel costs', 'insurance costs; travel', ['costs', 'travel']],
    ['versicherung', 'Die Reiseversicherungen zahlen', ['versicherung']],
    ['grosse', 'eine große Änderung', ['große']],
    ['anderung', 'eine große Änderung', ['Änderung']],
    ['book_reservation', 'call `book_reservation` first', ['book_reservation']],
    ['東京', '私は東京都に住む', ['東京']],
    ['京', '私は東京都に住む', ['京']],
    ['都', '東京都', ['都']],
    ['東京都', '東京の都', null],
    ['旅行 保険', '旅行の保険', ['旅行', '保険']],
    ['退款', '请处理退款申请', ['退款']],
    ['서울', '서울에서 출발', ['서울']],
    ['ＲＥＦＵＮＤ', 'refund', ['refund']],
    ['cafe', 'cafe\u0301', ['cafe\u0301']],
  ])('%s in "%s" finds %j', (query, text, expected) => {
    expect(find(query, text)).toEqual(expected)
  })

  test.each(['', '   ', '"', '***', '"" ""', '!?', 'x'.repeat(513), 'a '.repeat(17)])(
    'without a word, or with too much, is refused: %j',
    (query) => {
      expect(() => parseQuery(query)).toThrow(/^q: the query /)
    },
  )

  test('whatever it holds, has tokens of letters, digits and marks alone', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (text) => {
        let terms: ReturnType<typeof parseQuery> = []
        try {
          terms = parseQuery(text)
        } catch {
          return
        }
        const tokens = terms.flatMap((term) => term.tokens)
        expect(tokens.every((token) => /^[\p{L}\p{N}\p{M}]+$/u.test(token))).toBe(true)
      }),
    )
  })
})

describe('the index of a text', () => {
  test('holds every word of it, so that each finds the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
        const tokens = listIndexTokens(text)
        for (const { text: word } of tokenise(fold(text).folded)) expect(tokens).toContain(word)
        expect(new Set(tokens).size).toBe(tokens.length)
      }),
    )
  })

  test('stays small for one endless word', () => {
    const tokens = listIndexTokens('a'.repeat(100_000))
    expect(tokens.length).toBeLessThan(100)
    expect(tokens.every((token) => token.length <= 64 + tailMark.length)).toBe(true)
  })
})
