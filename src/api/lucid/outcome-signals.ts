import {
  matchRates,
  outcomeSignalBatch,
  outcomeSignalPage,
  outcomeSignalPath,
  outcomeSignalQuery,
  outcomeSignalReceipts,
  outcomeSignal as outcomeSignalSchema,
  readSentSignal,
  type SignalFault,
  unmatchedQuery,
} from '../../contract/lucid/outcome-signals.ts'
import type { OutcomeSignalId, SessionId } from '../../core/ids.ts'
import { maskSignals } from '../../core/outcome/masked-signal.ts'
import { toSignal } from '../../core/outcome/sent-signal.ts'
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
import { toOutbox } from '../../storage/webhook-deliveries.ts'
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
      const read = body.signals.map(readSentSignal)
      const masked = await maskSignals(
        { mask: context.mask, sign: signUnder(context.keyring, context.hash) },
        read.flatMap(({ sent }) => (sent ? [toSignal(sent)] : [])),
      )
      const received =
        masked.length === 0
          ? []
          : await context.database.write(actor, (writer) =>
              receiveSignals(writer, toOutbox(context), masked),
            )
      const waiting = received.values()
      return {
        data: read.map(({ sent, fault }) =>
          sent ? presentReceipt(waiting.next().value as Received) : refusal(fault),
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

const refusal = (issue: SignalFault | null) => ({
  state: 'refused' as const,
  id: null,
  joins: 0,
  field: issue?.field ?? null,
  reason: issue?.reason ?? null,
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
