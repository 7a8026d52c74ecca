import type { OutcomeSignal } from '../../core/outcome/signal.ts'
import { listApplying } from '../../core/policy/applies.ts'
import { mayReadOutcome, selectSessions } from '../../core/policy/inputs.ts'
import type { Policy } from '../../core/policy/policy.ts'
import type { Reader } from '../../storage/database.ts'
import { type DreamSession, listDreamSessions } from '../../storage/dream-sessions.ts'
import type { Dream } from '../../storage/dreams.ts'
import { findMemoryStore } from '../../storage/memory-stores.ts'
import { listPolicies, toPolicy } from '../../storage/policies.ts'
import { listReadableSessions } from '../../storage/policy-history.ts'

export interface PermittedInputs {
  readonly sessions: readonly DreamSession[]
  readonly mayRead: (signal: OutcomeSignal) => boolean
  /** What policy kept out, by rule, for the report. */
  readonly leftOut: readonly string[]
}

/** Of the sessions that the dream was given, those that policy lets it read. Ages count from when it was made. */
export async function listPermittedInputs(reader: Reader, dream: Dream): Promise<PermittedInputs> {
  const sessions = await listDreamSessions(reader, dream.id)
  const policies = await listStorePolicies(reader, dream.inputStoreId)
  const mayRead = ({ kind }: OutcomeSignal) => mayReadOutcome(policies, kind)
  if (policies.every(({ spec }) => spec.mode === 'off')) return { sessions, mayRead, leftOut: [] }
  const turns = policies.some(({ spec }) => spec.inputs.sessions.minUserTurns > 0)
  const readable = await listReadableSessions(
    reader,
    sessions.map(({ sessionId }) => sessionId),
    turns ? 'counted' : 'unknown',
  )
  const { taken, reasons } = selectSessions(policies, readable, { now: dream.createdAt })
  const ids = new Set(taken.map(({ id }) => id))
  const byRule = Map.groupBy(reasons, ({ rule, mode }) => `${mode} ${rule}`)
  return {
    sessions: sessions.filter(({ sessionId }) => ids.has(sessionId)),
    mayRead,
    leftOut: [...byRule].sort().map(([name, found]) => {
      const [mode, rule] = name.split(' ')
      const what = mode === 'audit' ? 'would be left out' : 'were left out'
      return `${new Set(found.map(({ path }) => path)).size} sessions ${what} by policy (${rule}).`
    }),
  }
}

/** The policies that speak about a store, as they were last read. */
export async function listStorePolicies(
  reader: Reader,
  storeId: Dream['inputStoreId'],
): Promise<Policy[]> {
  const store = await findMemoryStore(reader, storeId)
  const policies = (await listPolicies(reader)).flatMap(({ version }) => version ?? [])
  return listApplying(policies.map(toPolicy), store?.name ?? '')
}
