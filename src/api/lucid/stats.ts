import { stats as statsSchema } from '../../contract/lucid/stats.ts'
import type { Reader } from '../../storage/database.ts'
import type { Job } from '../../storage/jobs.ts'
import { readIndexState } from '../../storage/search-events.ts'
import {
  type BoundedCount,
  countBounded,
  countGroups,
  getDatabaseBytes,
  sumEvents,
} from '../../storage/stats.ts'
import type { ApiContext } from '../context.ts'
import { defineEndpoint } from '../endpoint.ts'

export const statsEndpoints = [
  defineEndpoint({
    method: 'GET',
    path: '/lucid/v1/stats',
    family: 'lucid',
    scopes: ['review'],
    summary:
      'How much of everything there is, and how far the work on it is. Counting is bounded, so it is cheap.',
    response: statsSchema,
    async handle({ context }) {
      return context.database.read(async (reader) => ({
        type: 'stats' as const,
        sessions: present(await countBounded(reader, 'sessions', { live: true })),
        events: present(await sumEvents(reader)),
        agents: present(await countBounded(reader, 'agents')),
        outcomes: presentAll(await countGroups(reader, 'outcome_signals')),
        memory_stores: present(await countBounded(reader, 'memory_stores', { live: true })),
        memories: present(await countBounded(reader, 'memories', { live: true })),
        dreams: presentAll(await countGroups(reader, 'dreams')),
        changes: presentAll(await countGroups(reader, 'changes')),
        imports: presentAll(await countGroups(reader, 'imports')),
        jobs: await countJobs(reader, context),
        search_index: await presentIndex(reader, context),
        database_bytes: await getDatabaseBytes(reader),
      }))
    },
  }),
]

const present = ({ value, isLeast }: BoundedCount) => ({ value, at_least: isLeast })

const presentAll = (groups: Readonly<Record<string, BoundedCount>>) =>
  Object.fromEntries(Object.entries(groups).map(([name, count]) => [name, present(count)]))

const jobStates = ['queued', 'running', 'failed'] as const satisfies readonly Job['state'][]
/** Jobs that wait, run or failed are few; where they are not, this is known well enough. */
const mostJobs = 1_000

async function countJobs(reader: Reader, { jobs, clock }: ApiContext) {
  const counted = []
  for (const state of jobStates) {
    const found = await jobs.list(reader, { states: [state], limit: mostJobs + 1 })
    const [oldest] = found
    counted.push([
      state,
      {
        value: Math.min(found.length, mostJobs),
        at_least: found.length > mostJobs,
        oldest_age_seconds: oldest ? ageOf(oldest.createdAt, clock()) : null,
      },
    ] as const)
  }
  return Object.fromEntries(counted)
}

async function presentIndex(reader: Reader, { clock }: ApiContext) {
  const { indexedThrough, pending } = await readIndexState(reader)
  const lag = indexedThrough === null ? 0 : ageOf(indexedThrough, clock())
  return { indexed_through: indexedThrough, pending, lag_seconds: lag }
}

const ageOf = (time: string, now: number) =>
  Math.max(0, Math.round((now - Date.parse(time)) / 1_000))
