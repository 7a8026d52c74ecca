import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseSince } from './commands/dream.ts'
import { showProgress } from './progress.ts'
import { cutText, groupDigits, layTable, showForeign, widthOf, wrapText } from './text.ts'

describe('text for a terminal', () => {
  it('shows controls and invisible marks as escapes', () => {
    expect(showForeign('a\u001b[31mb\u202e\u200b\nc')).toBe('a\\x1b[31mb\\u{202e}\\u{200b}⏎c')
  })

  it('counts wide letters as two columns and marks as none', () => {
    expect([widthOf('abc'), widthOf('日本'), widthOf('e\u0301')]).toEqual([3, 4, 1])
  })

  it('is wrapped so that no line is too wide and no word is lost', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 200 }),
        fc.integer({ min: 20, max: 80 }),
        (text, columns) => {
          const lines = wrapText(text, { columns, first: '- ', rest: '  ' })
          for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(columns)
          const letters = (value: string) => value.replaceAll(/[\s-]/g, '')
          expect(letters(lines.join(''))).toBe(letters(text))
        },
      ),
    )
  })

  it('is cut with a sign that it was', () => {
    expect(cutText('日本語です', 7)).toBe('日本語…')
    expect(cutText('short', 7)).toBe('short')
  })

  it('lays tables with numbers to the right', () => {
    expect(
      layTable([
        ['name', 'n'],
        ['a', 5],
        ['bb', 1234],
      ]),
    ).toEqual(['name  n', 'a        5', 'bb    1234'])
    expect(groupDigits(1234567)).toBe('1 234 567')
  })
})

describe('progress', () => {
  const show = (isTerminal: boolean) => {
    let now = 0
    let written = ''
    const write = (text: string) => {
      written += text
    }
    const progress = showProgress(
      { write, isTerminal, columns: isTerminal ? 80 : undefined },
      () => now,
    )
    for (let done = 0; done <= 100; done += 10) {
      now += 1_000
      progress.report({ stage: 'digest', done, total: 100, unit: 'sessions' })
    }
    progress.end()
    return written
  }

  it('is one line drawn again on a terminal, with rate and time left', () => {
    const written = show(true)
    expect(written).toContain('digest: 50 of 100 sessions (10/s, 5 s left)')
    expect(written).not.toContain('\n')
  })

  it('is a plain line every few seconds elsewhere', () => {
    expect(show(false).split('\n')).toHaveLength(3)
  })
})

describe('--since', () => {
  it.each([
    ['2026-11-01', '2026-11-01T00:00:00.000Z'],
    ['2026-11-01T08:00:00Z', '2026-11-01T08:00:00.000Z'],
    ['7d', '1970-01-25T00:00:00.000Z'],
    ['12h', '1970-01-31T12:00:00.000Z'],
  ])('reads %s', (text, expected) => {
    expect(parseSince(text, Date.UTC(1970, 1, 1))).toBe(expected)
  })
})
