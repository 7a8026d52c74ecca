import {
  matchRates,
  type NewOutcomeSignal,
  newOutcomeSignal,
  outcomeSignalBatch,
  outcomeSignalPage,
  outcomeSignalPath,
  outcomeSignalQuery,
  outcomeSignalReceipts,
  outcomeSignal as outcomeSignalSchema,
  unmatchedQuery,
} from '../../contract/lucid/outcome-signals.ts'
import type { OutcomeSignalId, SessionId } from '../../core/ids.ts'
import { maskSignals } from '../../core/outcome/masked-signal.ts'
import type { NewSignal } from '../../core/outcome/signal.ts'
import { presentSignal } from '../../core/present/signal.ts'
import { signUnder } from '../../core/trust/personal-data.ts'
import { type Received, receiveSignals } from '../../storage/received-signals.ts'
import {
  getSignal,
  listMatchRates,
  listSignals,
  type SignalFilter,
  type SignalPosition,
} from '../../storage/signal-pages.ts'
import type { ApiContext } from '../context.ts'
import { defineEndpoint } from '../endpoint.ts'
import { readCursor, writeCursor } from '../pages.ts'

const family = 'lucid'
const base = '/lucid/v1/outcome_signals'
const reading = ['review', 'outcomes'] as const

export const outcomeSignalEndpoints = [
  defineEndpoint({
    method: 'POST',
    path: base,
    family,
    scopes: ['outcomes'],
    summary:
      'Takes up to 1000 outcome signals, masked; the same key again is the same fact. One answer for each, in order.',
    body: outcomeSignalBatch,
    response: outcomeSignalReceipts,
    async handle({ context, actor, body }) {
      const read = body.signals.map((given) => newOutcomeSignal.safeParse(given))
      const masked = await maskSignals(
        { mask: context.mask, sign: signUnder(context.keyring, context.hash) },
        read.flatMap(({ success, data }) => (success ? [toSignal(data)] : [])),
      )
      const received =
        masked.length === 0
          ? []
          : await context.database.write(actor, (writer) => receiveSignals(writer, masked))
      const waiting = received.values()
      return {
        data: read.map(({ success, error }) =>
          success ? presentReceipt(waiting.next().value as Received) : refusal(error.issues[0]),
        ),
      }
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: base,
    family,
    scopes: reading,
    summary: 'Outcome signals, newest first, with what each was joined to.',
    query: outcomeSignalQuery,
    response: outcomeSignalPage,
    async handle({ context, query }) {
      const { limit, page, session_id, created_at, ...rest } = query
      const filter = {
        ...rest,
        sessionId: session_id as SessionId | undefined,
        createdAt: created_at,
      }
      return listPage(context, filter, { limit, page, list: 'outcome_signals' })
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: `${base}/unmatched`,
    family,
    scopes: reading,
    summary:
      'Signals that no session or exposure is known for, newest first, each with the reason.',
    query: unmatchedQuery,
    response: outcomeSignalPage,
    async handle({ context, query: { source, limit, page } }) {
      return listPage(context, { source, unmatched: true }, { limit, page, list: 'unmatched' })
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: `${base}/match_rates`,
    family,
    scopes: reading,
    summary: 'How well what each source sent found its session.',
    response: matchRates,
    async handle({ context }) {
      const { rates, isLeast } = await context.database.read((reader) => listMatchRates(reader))
      return {
        data: rates.map(({ unmatchedReasons, ...rate }) => ({
          ...rate,
          unmatched: rate.signals - rate.exact - rate.strong - rate.weak,
          match_rate: (rate.exact + rate.strong) / rate.signals,
          unmatched_reasons: unmatchedReasons,
        })),
        at_least: isLeast,
      }
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: `${base}/{outcome_signal_id}`,
    family,
    scopes: reading,
    summary: 'One outcome signal.',
    params: outcomeSignalPath,
    response: outcomeSignalSchema,
    async handle({ context, params }) {
      const id = params.outcome_signal_id as OutcomeSignalId
      return presentSignal(await context.database.read((reader) => getSignal(reader, id)))
    },
  }),
]

/** What comes over the API is vouched for by a key, not by a signature over its bytes. */
const toSignal = (given: NewOutcomeSignal): NewSignal => ({
  source: given.source,
  idempotencyKey: given.idempotency_key,
  kind: given.kind,
  value: given.value ?? null,
  success: given.success ?? null,
  components: given.components ?? {},
  decidedAt: given.decided_at ?? null,
  principal: given.principal ?? null,
  signed: false,
  subjects: given.subjects ?? [],
  explanation: given.explanation ?? null,
  sessionId: (given.session_id ?? null) as SessionId | null,
  final: given.final ?? null,
})

const presentReceipt = ({ id, state, joins }: Received) => ({
  state,
  id,
  joins,
  field: null,
  reason:
    state === 'conflict'
      ? `${id} is stored with other content under this key and stays as it is; a new fact needs a new idempotency_key.`
      : null,
})

const refusal = (issue: { path: readonly PropertyKey[]; message: string } | undefined) => ({
  state: 'refused' as const,
  id: null,
  joins: 0,
  field: issue?.path.map(String).join('.') || null,
  reason: issue?.message.slice(0, 500) ?? 'cannot be read',
})

interface Paging {
  readonly limit: number
  readonly page: string | undefined
  readonly list: string
}

async function listPage(
  { keyring, database }: ApiContext,
  filter: SignalFilter,
  { limit, page, list }: Paging,
) {
  const [createdAt, id] =
    page === undefined ? [] : (readCursor(keyring, list, page) as [string, OutcomeSignalId])
  const after: SignalPosition | undefined = createdAt && id ? { createdAt, id } : undefined
  const rows = await database.read((reader) =>
    listSignals(reader, { filter, after, limit: limit + 1 }),
  )
  const shown = rows.slice(0, limit)
  const last = rows.length > limit ? shown.at(-1) : undefined
  return {
    data: shown.map(presentSignal),
    next_page: last ? writeCursor(keyring, list, [last.createdAt, last.id]) : null,
  }
}
