import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nearMisses } from './_near-misses.ts'
import { saysTheSame } from './sameness.ts'

describe('two lines that differ in one thing that matters', () => {
  it.each(nearMisses.map(({ kind, pair: [a, b] }) => [kind, a, b] as const))(
    'do not say the same (%s): %j, %j',
    (_, a, b) => {
      expect(saysTheSame(a, b)).toBe(false)
      expect(saysTheSame(b, a)).toBe(false)
    },
  )
})

it('compares blocks of code letter by letter', () => {
  const block = (indent: string) => `Run:\n\`\`\`py\nif a:\n${indent}b\n\`\`\``
  expect(saysTheSame(block('  '), block('  '))).toBe(true)
  expect(saysTheSame(block('  '), block(''))).toBe(false)
})

describe('two lines that say the same', () => {
  it.each([
    ['articles', 'Close the ticket after a call.', 'Close ticket after the call'],
    ['plural', 'Bookings can be moved.', 'A booking can be moved.'],
    ['a phrase in front', 'Within 4 hours, call the guest.', 'Call the guest within 4 hours.'],
    ['a condition in front', 'If it rains, close the roof.', 'Close the roof if it rains.'],
    [
      'verb and subject behind a phrase',
      'From gate 4 leaves the bus.',
      'The bus leaves from gate 4.',
    ],
    ['passive voice', 'Trials on Oslo are approved by Ann.', 'Ann approves trials on Oslo.'],
    ['passive voice without an actor', 'Logs are kept for 5 weeks.', 'Keep logs for 5 weeks.'],
    ['a doubled consonant', 'Trips are planned by Bo.', 'Bo plans trips.'],
    ['progressive', 'The bus is leaving from gate 4.', 'The bus leaves from gate 4.'],
    ['what is required', 'A key is required for repairs in Oslo.', 'Repairs in Oslo need a key.'],
    ['how long it takes', 'It takes 5 days for refunds.', 'Refunds take 5 days.'],
    ['amount and name', 'Bills above $5 from Oslo wait.', 'Bills from Oslo above 5 dollars wait.'],
    ['interchangeable words', 'Retain receipts for tax.', 'Keep receipts for tax.'],
    ['contractions', "Don't share keys.", 'Do not share keys.'],
    ['thousands', 'Pay 1,300 dollars at most.', 'Pay $1300 at most.'],
    ['emphasis', '**Never** share keys.', 'Never share keys.'],
    ['politeness', 'Please close the roof.', 'Close the roof.'],
    ['Japanese politeness', '結果が変わる可能性がある。', '結果が変わる可能性があります。'],
    ['Japanese phrases in another order', '返金を東京で確認する。', '東京で返金を確認する'],
  ])('may differ in %s', (_, a, b) => {
    expect(saysTheSame(a, b)).toBe(true)
    expect(saysTheSame(b, a)).toBe(true)
  })
})

const words = fc.constantFrom(
  ...'ann oslo ticket order refund agent call close keep kept is are the a by from to within not 5 days 3.10 `x` approve approved 返金 を 確認する ✅ , .'.split(
    ' ',
  ),
)
const line = fc.oneof(
  fc.string({ maxLength: 60 }),
  fc.array(words, { maxLength: 12 }).map((list) => list.join(' ')),
)
const nouns = fc.uniqueArray(
  fc.constantFrom(
    ...'anchor basket candle dragon engine falcon garden hammer island jacket'.split(' '),
  ),
  { minLength: 3, maxLength: 8 },
)

describe('saying the same', () => {
  it('holds of every line and itself', () => {
    fc.assert(fc.property(line, (text) => saysTheSame(text, text)))
  })

  it('does not depend on which line comes first', () => {
    fc.assert(fc.property(line, line, (a, b) => saysTheSame(a, b) === saysTheSame(b, a)))
  })

  it('ends when a word is left out, added, exchanged or moved', () => {
    fc.assert(
      fc.property(nouns, fc.nat(), fc.nat(), (list, i, j) => {
        const [from, to] = [i % list.length, j % list.length]
        const moved = list.toSpliced(from, 1).toSpliced(to, 0, list[from] ?? '')
        const others = [
          list.toSpliced(from, 1),
          list.toSpliced(from, 0, 'kettle'),
          list.with(from, 'kettle'),
          ...(from === to ? [] : [moved]),
        ]
        for (const other of others) {
          expect(saysTheSame(list.join(' '), other.join(' '))).toBe(false)
        }
      }),
    )
  })
})

describe('hostile lines', () => {
  it.each(['!', ')', 'of ', 'in # ', 'in ', 'a', ' ', '#', 'is ed ', '**', 'を', 'の'])(
    'of %j, as long as a line gets, are read in no time',
    (piece) => {
      const long = piece.repeat(Math.ceil(100_000 / piece.length))
      for (const text of [long, long.slice(0, 1_990)]) {
        expect(saysTheSame(`${text}x`, `${text}y`)).toBe(false)
      }
    },
  )
})
