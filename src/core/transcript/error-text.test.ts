import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findErrorLine, looksLikeError, normaliseError } from './error-text.ts'

describe('the normalised error', () => {
  it.each([
    [
      'Error: payment amount does not add up, total price is 1286, but paid 1300.50',
      'Error: payment amount does not add up, total price is <NUM>, but paid <NUM>',
    ],
    ['Error: User mia_li_3668 not found', 'Error: User <ID> not found'],
    ['{"error":{"code":5,"message":"no such file \\"a.txt\\""}}', 'no such file \\<STR>'],
    [
      'Exit code 1\n[lint] $ lint ./...\nrunning\nls: cannot access /usr/lib/x.so',
      'ls: cannot access <PATH>',
    ],
    ['Exit code 2', 'Exit code <NUM>'],
    ['Exit code 1\ncat: /etc/nope/x: No such file', 'cat: <PATH>: No such file'],
    [
      'Traceback (most recent call last):\n  File "x.py", line 3, in f\nValueError: bad id 550e8400-e29b-41d4-a716-446655440000',
      'ValueError: bad id <UUID>',
    ],
    [
      '\u001b[31mfatal:\u001b[0m at 2026-11-24T10:00:00Z from 10.0.0.1',
      'fatal: at <TIME> from <IP>',
    ],
    ['connect to db.example.org:5432 from 10.0.0.1:80', 'connect to <HOST> from <IP>'],
    [
      'main.go:45: lost at Jun 14 15:16:01 after 30 ms',
      'main.go:<NUM>: lost at <TIME> after <TIME>',
    ],
    ['"GET /v2/a HTTP/1.1" gave 404 in job 123456', 'GET <PATH> gave <NUM> in job <NUM>'],
    ['SOCKS5 refused deadbeef for user42', 'SOCKS5 refused <HEX> for <ID>'],
    ["doesn't match the user's choice", "doesn't match the user's choice"],
  ])('of %j', (text, expected) => {
    expect(normaliseError(text)).toBe(expected)
  })

  it('takes no longer for hostile text than for any other', () => {
    const hostile = [
      '/a'.repeat(50_000),
      '"'.repeat(50_000),
      'a_1'.repeat(40_000),
      '9'.repeat(100_000),
    ]
    for (const text of hostile) expect(normaliseError(text).length).toBeLessThanOrEqual(300)
  })

  it('quotes a line that stands in the text', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => {
        const { start, end } = findErrorLine(text)
        expect(start).toBeGreaterThanOrEqual(0)
        expect(end).toBeGreaterThanOrEqual(start)
        expect(end).toBeLessThanOrEqual(text.length)
      }),
    )
  })

  it('knows an unflagged failure by its beginning', () => {
    expect(looksLikeError('Error: not enough seats')).toBe(true)
    expect(looksLikeError('Errors were not found in the log')).toBe(false)
  })
})
