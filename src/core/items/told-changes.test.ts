import { describe, expect, it } from 'vitest'
import { hash } from '../mining/_cases.ts'
import { reconcile } from './reconcile.ts'
import { listTopics } from './roots.ts'

const found = (...lines: string[]) => {
  const content = lines.map((line) => `- ${line}\n`).join('')
  const { supersessions, conflicts } = reconcile(
    [{ path: '/a.md', content, contentSha256: hash(content) }],
    hash,
  )
  return { older: supersessions.map(({ older }) => older.text.slice(2)), flagged: conflicts.length }
}

describe('a change told in prose', () => {
  it.each([
    [
      'The key rotation of Oslo went from 4 weeks to 2 weeks.',
      'Rotate the Oslo keys after 4 weeks.',
    ],
    ['Oslo put its late fee up from $15 to $12.', 'Oslo charges a late fee of $15.'],
    ['The late fee in Oslo is $12 (it was $15 before).', 'The late fee in Oslo is $15.'],
    ['Bo took over the rollout of Oslo from Ann.', 'Ann has the rollout of Oslo.'],
    [
      'The Oslo keys are now rotated after 2 weeks instead of 4.',
      'Rotate the Oslo keys after 4 weeks.',
    ],
    [
      'The reply time in Oslo went from 4 days to 2 days.',
      'Mails in Oslo are answered within 4 days.',
    ],
    ['東京の返金期限は5日から3日に変更された。', '返金期限は東京で5日である'],
  ])('%j takes the place of %j', (newer, older) => {
    expect(found(older, newer)).toEqual({ older: [older], flagged: 0 })
  })

  it.each([
    ['another thing', 'The review time in Oslo went from 5 days to 7 days.'],
    ['another name', 'The refund time in Turin went from 5 days to 7 days.'],
    ['a longer name', 'The refund time of Oslo airport went from 5 days to 7 days.'],
    ['another unit', 'The refund time in Oslo went from 5 weeks to 7 weeks.'],
    ['another value', 'The refund time in Oslo went from 15 days to 7 days.'],
  ])('leaves a line of %s alone', (_, newer) => {
    expect(found('Refunds in Oslo take 5 days.', newer).older).toEqual([])
  })

  it.each([
    ['a narrower one', ['Gold members in Oslo get a discount of 10%.']],
    ['one for new ones', ['New members in Oslo get a discount of 10%.']],
    ['one of a kind', ['Late answers in Oslo take 10 days.']],
    [
      'one of two that could be meant',
      ['Mails in Oslo are answered within 10 days.', 'Calls in Oslo are answered within 10 days.'],
    ],
  ])('flags %s instead of taking its place', (_, lines) => {
    const changes = [
      'The discount in Oslo was raised from 10% to 15%.',
      'The answer time in Oslo went from 10 days to 7 days.',
    ]
    const { older, flagged } = found(...lines, ...changes)
    expect(older).toEqual([])
    expect(flagged).toBe(lines.length)
  })

  it('does not touch a line that denies the former value', () => {
    const change = 'The refund time in Oslo went from 5 days to 7 days.'
    expect(found('Refunds in Oslo do not take 5 days.', change).older).toEqual([])
  })
})

describe('roots', () => {
  it.each([
    ['rotation', 'rotated'],
    ['retention', 'kept'],
    ['lateness', 'late'],
    ['approver', 'approves'],
    ['signature', 'sign'],
    ['delivery', 'delivered'],
  ])('%j and %j have one', (a, b) => {
    expect([...listTopics(a).keys()]).toEqual([...listTopics(b).keys()])
  })
})
