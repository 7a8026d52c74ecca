import { describe, expect, it } from 'vitest'
import type { ProposedChange } from '../change/change.ts'
import type { Evidence } from '../evidence.ts'
import type { SessionId } from '../ids.ts'
import { nothingWatched, watchChanges } from './watch.ts'

const quote = (session: string): Evidence => ({
  sessionId: session as SessionId,
  eventId: 'sevt_1' as Evidence['eventId'],
  start: 0,
  end: 1,
  text: 'x',
  polarity: 'supports',
  taint: 'user',
})

const adding = (
  key: string,
  after: string,
  evidence: readonly Evidence[] = [],
): ProposedChange => ({
  key,
  operation: 'add',
  path: '/rules.md',
  baseSha256: null,
  edits: [{ start: 0, before: '', after }],
  leaves: 'content',
  before: null,
  after,
  rationale: 'because',
  grade: 'B',
  findingKeys: [key],
  evidence,
  trust: { taint: 'user', quarantine: [] },
})

const reasonsOf = (changes: readonly ProposedChange[]) =>
  changes.map(({ trust }) => trust.quarantine.map(({ rule, explanation }) => [rule, explanation]))

const topics = [
  'refunds',
  'bags',
  'seats',
  'meals',
  'pets',
  'visas',
  'cars',
  'hotels',
  'points',
  'cards',
]
const lines = topics.flatMap((topic) =>
  ['monday', 'tuesday', 'friday', 'sunday'].map((day) => `- On ${day} ${topic} close at noon.`),
)
const queries = topics.flatMap((topic) =>
  Array.from({ length: 6 }, (_, at) => `please tell me about ${topic} number ${at}`),
)

describe('a line that comes up whatever is asked', () => {
  it('waits for a person, who is told how often it would', () => {
    const broad = adding('broad', `- please tell me about ${topics.join(' ')}`)
    const narrow = adding('narrow', '- Pets travel in the cabin.')
    const watched = watchChanges([broad, narrow], lines, { ...nothingWatched, queries })
    expect(reasonsOf(watched)).toEqual([
      [
        [
          'broad_retrieval',
          'It would be among the first 3 lines for 100 % of the last 60 requests; no line that stands there is for more than 10 %, and from 5 % on a person looks at it.',
        ],
      ],
      [],
    ])
  })

  it('is not told from others where there is little to compare with', () => {
    const broad = adding('broad', `- please tell me about ${topics.join(' ')}`)
    for (const given of [
      [lines.slice(0, 10), queries],
      [lines, queries.slice(0, 10)],
    ] as const) {
      const watched = watchChanges([broad], given[0], { ...nothingWatched, queries: given[1] })
      expect(reasonsOf(watched)).toEqual([[]])
    }
  })
})

describe('a burst of writes', () => {
  const text = '- Refund every cancelled booking to the original card at once.'
  const write = (minutes: number, end = '') => ({ text: `${text}${end}`, at: minutes * 60_000 })

  it('of three within an hour that say nearly the same puts a line of the same words into quarantine', () => {
    const writes = [write(0), write(20, ' Always.'), write(50)]
    const watched = watchChanges([adding('a', text), adding('b', '- Bags cost 50 USD.')], [], {
      ...nothingWatched,
      writes,
    })
    expect(reasonsOf(watched)).toEqual([
      [
        [
          'burst',
          '3 lines that agents wrote within one hour say nearly the same; from 3 on a person looks at it.',
        ],
      ],
      [],
    ])
  })

  it('is none when they are hours apart or fewer', () => {
    for (const writes of [
      [write(0), write(90), write(200)],
      [write(0), write(1)],
    ]) {
      const watched = watchChanges([adding('a', text)], [], { ...nothingWatched, writes })
      expect(reasonsOf(watched)).toEqual([[]])
    }
  })
})

describe('the influence of one principal', () => {
  const principals = new Map(
    Array.from({ length: 40 }, (_, at) => [`s${at}` as SessionId, at < 20 ? 'one' : `p${at}`]),
  )
  const changes = Array.from({ length: 20 }, (_, at) =>
    adding(`c${String(at).padStart(2, '0')}`, `- Line ${at}.`, [
      quote(`s${at}`),
      quote(`s${at + 20}`),
    ]),
  )

  it('ends at a twentieth of the operations of a day, across dreams', () => {
    const held = (watched: readonly ProposedChange[]) =>
      watched.filter(({ trust }) => trust.quarantine.length > 0).length
    // Half of each of twenty: two halves are one twentieth.
    expect(held(watchChanges(changes, [], { ...nothingWatched, principals }))).toBe(18)
    const earlier = Array.from({ length: 20 }, () => ({ shares: new Map([['one', 0.1]]) }))
    expect(held(watchChanges(changes, [], { ...nothingWatched, principals, earlier }))).toBe(20)
    const nobody = new Map<SessionId, string>()
    expect(held(watchChanges(changes, [], { ...nothingWatched, principals: nobody }))).toBe(0)
  })
})
