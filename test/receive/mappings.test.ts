import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { senderKinds } from '../../src/core/receive/scheme.ts'
import { openMapper } from '../../src/pipeline/receive/mapper.ts'
import { mapBuiltIn, readGitHubExamples, show } from './_mapping.ts'

const mapper = openMapper()
afterAll(() => mapper.close())

const golden: Readonly<Record<string, unknown>> = JSON.parse(
  readFileSync(join(import.meta.dirname, 'github-golden.json'), 'utf8'),
)

describe('the mapping of GitHub', () => {
  it('gives for every published example what the golden file says', async () => {
    const examples = readGitHubExamples()
    expect(examples.length).toBeGreaterThanOrEqual(9)
    for (const { event, file, payload } of examples) {
      const mapped = await mapBuiltIn(mapper, 'github', { event, payload })
      expect(show(mapped), `${event}/${file}`).toEqual(golden[`${event}/${file}`])
    }
  })

  const repository = { full_name: 'Acme/App', default_branch: 'main' }
  const revert = (body: string, more: object = {}) => ({
    action: 'closed',
    repository,
    pull_request: {
      number: 9,
      merged: true,
      merged_at: '2026-11-20T10:00:00Z',
      merged_by: { login: 'ann' },
      title: 'Revert "Say the price"',
      body,
      head: { sha: 'b'.repeat(40), ref: 'revert-412' },
      merge_commit_sha: 'c'.repeat(40),
      ...more,
    },
  })
  const kindsOf = async (payload: object, event = 'pull_request') => {
    const mapped = await mapBuiltIn(mapper, 'github', { event, payload })
    if (mapped.type !== 'signals') return []
    return mapped.signals.map(({ kind, success, subjects }) => ({
      kind,
      success,
      about: subjects.map(({ value }) => value),
    }))
  }

  it('takes a merged revert as a word about what it takes back, of this repository only', async () => {
    const [merge, back] = await kindsOf(revert('Reverts acme/app#412'))
    expect(merge).toMatchObject({ kind: 'pr_merged', success: true })
    expect(back).toEqual({ kind: 'revert', success: false, about: ['acme/app#412'] })
    expect(await kindsOf(revert('Reverts #412'))).toHaveLength(2)
    expect(await kindsOf(revert('Reverts other/app#412'))).toHaveLength(1)
    expect(await kindsOf(revert('Reverts acme/app#412', { title: 'Another' }))).toHaveLength(1)
    expect(await kindsOf(revert('Reverts acme/app#412', { merged: false }))).toMatchObject([
      { kind: 'pr_merged', success: false },
    ])
    expect(await kindsOf(revert(null as unknown as string))).toHaveLength(1)
  })

  it('takes a commit on the default branch that reverts another, and on no other branch', async () => {
    const commits = [
      { message: 'Say less', timestamp: '2026-11-20T10:00:00Z' },
      {
        message: `Revert "x"\n\nThis reverts commit ${'d'.repeat(40)}.`,
        timestamp: '2026-11-20T10:00:00Z',
        author: { username: 'ann' },
      },
    ]
    const push = (ref: string) => kindsOf({ ref, repository, commits }, 'push')
    expect(await push('refs/heads/main')).toEqual([
      { kind: 'revert', success: false, about: ['d'.repeat(40)] },
    ])
    expect(await push('refs/heads/other')).toEqual([])
  })

  it('takes approval and the wish for changes as words, a comment as none', async () => {
    const review = (state: string) =>
      kindsOf(
        {
          action: 'submitted',
          repository,
          review: { state, submitted_at: '2026-11-20T10:00:00Z', user: { login: 'ann' } },
          pull_request: { number: 4, head: { sha: 'e'.repeat(40), ref: 'x' } },
        },
        'pull_request_review',
      )
    expect(await review('approved')).toMatchObject([{ kind: 'pr_review', success: true }])
    expect(await review('changes_requested')).toMatchObject([{ success: false }])
    expect(await review('commented')).toMatchObject([{ success: null }])
  })

  it('finds the sessions that a pull request names', async () => {
    const body = 'x\nClaude-Session: https://claude.ai/code/session_01AbC\n<!-- sesn_00ff -->'
    const [merge] = await kindsOf(revert(body, { title: 'y' }))
    expect(merge?.about).toEqual(expect.arrayContaining(['session_01AbC', 'sesn_00ff']))
  })

  it('leaves issues that were closed as not planned undecided', async () => {
    const issue = (action: string, state_reason: string | null) =>
      kindsOf(
        {
          action,
          repository,
          sender: { login: 'ann' },
          issue: {
            number: 3,
            state: 'closed',
            state_reason,
            closed_at: '2026-11-20T10:00:00Z',
            updated_at: '2026-11-20T10:00:00Z',
          },
        },
        'issues',
      )
    expect(await issue('closed', 'completed')).toMatchObject([{ success: true }])
    expect(await issue('closed', 'not_planned')).toMatchObject([{ success: null }])
    expect(await issue('reopened', 'reopened')).toMatchObject([{ success: false }])
  })
})

const at = '2026-11-20T10:00:00.000Z'
const seconds = Date.parse(at) / 1_000

/** Payloads in the shapes that the senders document. */
const cases = [
  [
    'zendesk',
    'solved',
    {
      type: 'zen:event-type:ticket.status_changed',
      time: at,
      detail: { id: '35436' },
      event: { current: 'SOLVED', previous: 'OPEN' },
    },
    { kind: 'ticket_resolved', success: true, subject: 'zendesk.ticket=35436' },
  ],
  [
    'zendesk',
    'reopened',
    {
      type: 'zen:event-type:ticket.status_changed',
      time: at,
      detail: { id: '35436' },
      event: { current: 'OPEN', previous: 'SOLVED' },
    },
    { kind: 'ticket_resolved', success: false, subject: 'zendesk.ticket=35436' },
  ],
  [
    'zendesk',
    'closed after it was solved',
    {
      type: 'zen:event-type:ticket.status_changed',
      time: at,
      detail: { id: '35436' },
      event: { current: 'CLOSED', previous: 'SOLVED' },
    },
    null,
  ],
  [
    'zendesk',
    'rated by a trigger',
    { ticket_id: 35436, status: 'solved', satisfaction: 'Bad', comment: 'slow' },
    { kind: 'csat', success: false, subject: 'zendesk.ticket=35436' },
  ],
  [
    'linear',
    'completed',
    {
      type: 'Issue',
      action: 'update',
      createdAt: at,
      data: {
        identifier: 'ENG-123',
        title: 't',
        state: { name: 'Done', type: 'completed' },
        completedAt: at,
      },
      updatedFrom: { stateId: 'x' },
    },
    { kind: 'ticket_resolved', success: true, subject: 'linear.issue=ENG-123' },
  ],
  [
    'linear',
    'taken up again',
    {
      type: 'Issue',
      action: 'update',
      createdAt: at,
      data: { identifier: 'ENG-123', title: 't', state: { name: 'Todo', type: 'unstarted' } },
      updatedFrom: { stateId: 'x', completedAt: at },
    },
    { kind: 'ticket_resolved', success: false, subject: 'linear.issue=ENG-123' },
  ],
  [
    'linear',
    'started',
    {
      type: 'Issue',
      action: 'update',
      createdAt: at,
      data: { identifier: 'ENG-123', state: { name: 'Doing', type: 'started' } },
      updatedFrom: { stateId: 'x', completedAt: null },
    },
    null,
  ],
  [
    'jira',
    'done',
    {
      webhookEvent: 'jira:issue_updated',
      timestamp: seconds * 1_000,
      issue: {
        key: 'OPS-7',
        fields: { summary: 's', status: { name: 'Done', statusCategory: { key: 'done' } } },
      },
      changelog: { items: [{ field: 'status', fromString: 'Doing', toString: 'Done' }] },
    },
    { kind: 'ticket_resolved', success: true, subject: 'jira.issue=OPS-7' },
  ],
  [
    'jira',
    'taken up again',
    {
      webhookEvent: 'jira:issue_updated',
      timestamp: seconds * 1_000,
      issue: {
        key: 'OPS-7',
        fields: {
          summary: 's',
          status: { name: 'Doing', statusCategory: { key: 'indeterminate' } },
        },
      },
      changelog: { items: [{ field: 'resolution', from: '1', to: null }, { field: 'status' }] },
    },
    { kind: 'ticket_resolved', success: false, subject: 'jira.issue=OPS-7' },
  ],
  [
    'jira',
    'renamed',
    {
      webhookEvent: 'jira:issue_updated',
      timestamp: seconds * 1_000,
      issue: { key: 'OPS-7' },
      changelog: { items: [{ field: 'summary' }] },
    },
    null,
  ],
  [
    'intercom',
    'rated',
    {
      topic: 'conversation.rating.added',
      created_at: seconds,
      data: {
        item: {
          id: '99',
          conversation_rating: { rating: 5, remark: 'fine', contact: { id: 'c1' } },
        },
      },
    },
    { kind: 'csat', success: true, subject: 'intercom.conversation=99' },
  ],
  ['intercom', 'ping', { topic: 'ping', data: { item: { type: 'ping' } } }, null],
  [
    'pagerduty',
    'triggered',
    {
      event: {
        event_type: 'incident.triggered',
        occurred_at: at,
        data: {
          id: 'PGR',
          title: 't',
          service: { id: 'PSV', summary: 'api' },
          urgency: 'high',
          priority: null,
        },
      },
    },
    { kind: 'incident', success: false, subject: 'pagerduty.incident=PGR' },
  ],
  [
    'pagerduty',
    'resolved',
    {
      event: {
        event_type: 'incident.resolved',
        occurred_at: at,
        data: { id: 'PGR', title: 't', service: { id: 'PSV' } },
      },
    },
    { kind: 'incident', success: null, subject: 'pagerduty.incident=PGR' },
  ],
  [
    'pagerduty',
    'pinged',
    { event: { event_type: 'pagey.ping', occurred_at: at, data: { message: 'hi' } } },
    null,
  ],
  [
    'stripe',
    'disputed',
    {
      type: 'charge.dispute.created',
      created: seconds,
      data: {
        object: {
          object: 'dispute',
          charge: 'ch_1',
          amount: 1000,
          currency: 'usd',
          status: 'needs_response',
          reason: 'general',
          payment_intent: null,
          metadata: { order: '7' },
        },
      },
    },
    { kind: 'dispute', success: false, subject: 'stripe.charge=ch_1' },
  ],
  [
    'stripe',
    'lost',
    {
      type: 'charge.dispute.closed',
      created: seconds,
      data: {
        object: {
          object: 'dispute',
          charge: 'ch_1',
          amount: 1000,
          currency: 'usd',
          status: 'lost',
          reason: 'general',
          metadata: {},
        },
      },
    },
    { kind: 'dispute', success: false, subject: 'stripe.charge=ch_1' },
  ],
  [
    'stripe',
    'refunded',
    {
      type: 'refund.created',
      created: seconds,
      data: {
        object: {
          object: 'refund',
          charge: 'ch_1',
          amount: 100,
          currency: 'usd',
          status: 'succeeded',
          reason: null,
          metadata: { order: '7' },
        },
      },
    },
    { kind: 'refund', success: null, subject: 'metadata.order=7' },
  ],
  ['stripe', 'paid', { type: 'charge.succeeded', created: seconds, data: { object: {} } }, null],
  [
    'anthropic',
    'evaluated, thin',
    {
      type: 'event',
      id: 'e',
      created_at: at,
      data: { type: 'session.outcome_evaluation_ended', id: 'sesn_1' },
    },
    { kind: 'rubric', success: null, subject: 'session_key=sesn_1' },
  ],
  [
    'anthropic',
    'evaluated, with its result',
    {
      type: 'event',
      id: 'e',
      created_at: at,
      data: {
        type: 'session.outcome_evaluation_ended',
        id: 'sesn_1',
        result: 'satisfied',
        explanation: 'all met',
      },
    },
    { kind: 'rubric', success: true, subject: 'session_key=sesn_1' },
  ],
  [
    'anthropic',
    'idle',
    {
      type: 'event',
      id: 'e',
      created_at: at,
      data: { type: 'session.status_idled', id: 'sesn_1' },
    },
    null,
  ],
  [
    'standard',
    'one signal',
    {
      type: 'outcome',
      timestamp: at,
      data: {
        kind: 'human_rating',
        value: 0.5,
        success: true,
        subjects: [{ type: 'conversation_id', value: 'c' }],
      },
    },
    { kind: 'human_rating', success: true, subject: 'conversation_id=c' },
  ],
  ['standard', 'of another kind', { type: 'invoice.paid', timestamp: at, data: {} }, null],
] as const

/** The payload with each of its values in turn replaced. */
function withOneLess(value: object, by: null | undefined): object[] {
  return Object.entries(value).flatMap(([name, inner]) => {
    const deeper = typeof inner === 'object' && inner !== null ? withOneLess(inner, by) : []
    return [by, ...deeper].map((one) =>
      Array.isArray(value)
        ? value.map((old, at) => (at === Number(name) ? one : old))
        : { ...value, [name]: one },
    )
  })
}

describe('the mapping of', () => {
  it.each(cases)('%s: %s', async (...[provider, , payload, expected]) => {
    const mapped = await mapBuiltIn(mapper, provider, { payload })
    if (expected === null) {
      expect(mapped.type, JSON.stringify(show(mapped))).toBe('ignored')
      return
    }
    if (mapped.type !== 'signals') throw new Error(String(show(mapped)))
    const [signal] = mapped.signals
    expect(signal).toMatchObject({
      kind: expected.kind,
      success: expected.success,
      decidedAt: expect.any(String),
    })
    expect(signal?.subjects.map(({ type, value }) => `${type}=${value}`)).toContain(
      expected.subject,
    )
  })

  it('every provider finds no fault where any one value is null or missing', async () => {
    const faults: string[] = []
    for (const [provider, name, payload] of cases) {
      for (const one of [...withOneLess(payload, null), ...withOneLess(payload, undefined)]) {
        const mapped = await mapBuiltIn(mapper, provider, { payload: one })
        // Of the envelope that is ours, a field that is wrong should be seen.
        if (mapped.type === 'failed' && provider !== 'standard') {
          faults.push(`${provider} ${name}: ${mapped.reason} ${JSON.stringify(one)}`)
        }
      }
    }
    expect(faults).toEqual([])
  })

  it('every provider gives a reason, and no fault, for what it does not know', async () => {
    for (const provider of senderKinds) {
      if (mapper.findBuiltIn(provider) === null) continue
      for (const payload of [
        {},
        [],
        [1, { a: null }],
        'text',
        7,
        null,
        { data: null, event: [] },
      ]) {
        const mapped = await mapBuiltIn(mapper, provider, { payload, event: 'x' })
        expect(mapped.type, `${provider} ${JSON.stringify(payload)} ${show(mapped)}`).toBe(
          'ignored',
        )
      }
    }
  })
})
