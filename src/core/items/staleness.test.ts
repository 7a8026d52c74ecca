import { describe, expect, it } from 'vitest'
import { hash } from '../mining/_cases.ts'
import { parseItems } from './items.ts'
import { findStale } from './staleness.ts'

const stale = (...lines: string[]) => {
  const content = lines.map((line) => `- ${line}\n`).join('')
  const items = parseItems({ path: '/a.md', content, contentSha256: hash(content) }, hash)
  return findStale(items, '2026-11-24T00:00:00Z').map(({ item, kind, staleness }) => [
    item.text.slice(2),
    kind,
    Math.round(staleness * 100) / 100,
  ])
}

describe('lines to be looked at again', () => {
  it('are those whose own date is two half-lives ago', () => {
    expect(stale('As of 2026-05-28 the fee is 5 dollars.')).toEqual([
      ['As of 2026-05-28 the fee is 5 dollars.', 'fact', 0.75],
    ])
    expect(stale('As of 2026-06-28 the fee is 5 dollars.')).toEqual([])
  })

  it('live as long as their kind', () => {
    const old = (text: string) => stale(`${text} (as of 2026-10-01)`).map(([, kind]) => kind)
    expect(old('The migration is in progress')).toEqual(['status'])
    expect(old('Ask the team before deploying')).toEqual([])
    expect(stale('Ann prefers short answers (as of 2024-01-01)')[0]?.[1]).toBe('preference')
  })

  it('are never those without a date, or that speak of the past', () => {
    expect(stale('The fee is 5 dollars.', 'The fee was 4 dollars until 2019-01-01.')).toEqual([])
  })
})
