import type { z } from 'zod'
import type { session as sessionSchema } from '../../contract/v1/sessions.ts'
import type { Hash } from '../../core/ids.ts'
import { describeImportedAgent, nameImportedAgent } from '../../storage/agents.ts'
import { importedEnvironment } from '../../storage/environments.ts'
import type { SessionResource } from '../../storage/session-resources.ts'
import type { StoredSession } from '../../storage/sessions.ts'
import type { SessionAgent } from './session-agent.ts'
import { presentResource } from './session-mounts.ts'

export type WireSession = z.input<typeof sessionSchema>

export interface Presenting {
  readonly hash: Hash
  /** Milliseconds since the epoch: what runs still is measured up to now. */
  readonly now: number
}

export function presentSession(
  stored: StoredSession,
  resources: readonly SessionResource[],
  presenting: Presenting,
): WireSession {
  const { session } = stored
  return {
    id: session.id,
    type: 'session',
    status: stored.archivedAt === null ? session.status : 'terminated',
    agent: presentAgent(stored, presenting.hash),
    environment_id: stored.environmentId ?? importedEnvironment,
    deployment_id: null,
    title: session.title,
    metadata: { ...stored.metadata },
    resources: resources.map(presentResource),
    vault_ids: [...stored.vaultIds],
    budget: stored.budget && { ...stored.budget },
    outcome_evaluations: [],
    stats: presentStats(stored, presenting.now),
    usage: presentUsage(stored, presenting.now),
    created_at: stored.beganAt,
    updated_at: stored.updatedAt,
    archived_at: stored.archivedAt,
  }
}

export function presentAgent(stored: StoredSession, hash: Hash): WireSession['agent'] {
  const { agent } = stored.session
  const { metadata: _, ...known } = describeImportedAgent(agent)
  const body = (stored.agentSnapshot ?? known) as unknown as SessionAgent
  return {
    id: stored.agentId ?? nameImportedAgent(hash, agent),
    type: 'agent',
    version: stored.agentVersion ?? 1,
    ...body,
  } as unknown as WireSession['agent']
}

/** Where the source has no clock, nothing is said of durations. */
export function presentStats(stored: StoredSession, now: number) {
  const { session, archivedAt, tally } = stored
  const began = session.startedAt
  const ended = session.endedAt ?? archivedAt
  const runs = stored.isLive ? now : null
  const end = ended === null ? runs : Date.parse(ended)
  return {
    ...(tally ? { active_seconds: activeSeconds(tally, now) } : {}),
    ...(began === null || end === null
      ? {}
      : { duration_seconds: Math.max(0, (end - Date.parse(began)) / 1_000) }),
  }
}

export function presentUsage({ tally }: StoredSession, now: number): WireSession['usage'] {
  if (!tally) return {}
  return {
    input_tokens: tally.inputTokens,
    output_tokens: tally.outputTokens,
    cache_read_input_tokens: tally.cacheReadTokens,
    cache_creation: {
      ephemeral_5m_input_tokens: tally.cacheCreationTokens,
      ephemeral_1h_input_tokens: 0,
    },
    active_seconds: activeSeconds(tally, now),
  }
}

function activeSeconds(tally: NonNullable<StoredSession['tally']>, now: number): number {
  const running = tally.runningSince === null ? 0 : now - Date.parse(tally.runningSince)
  return (tally.activeMs + Math.max(0, running)) / 1_000
}
