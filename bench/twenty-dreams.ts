import { pino } from 'pino'
import { openEmbedded } from '../src/app.ts'
import type { ProposedChange } from '../src/core/change/change.ts'
import { DomainError } from '../src/core/errors.ts'
import { type MemoryStoreId, makeId, type SessionId } from '../src/core/ids.ts'
import type { Context } from '../src/pipeline/context.ts'
import { importPaths } from '../src/pipeline/import.ts'
import { installStarterPolicy } from '../src/pipeline/policies/starter.ts'
import { workUntilEnded } from '../src/pipeline/worker.ts'
import { applyPlan, planApply } from '../src/storage/apply-changes.ts'
import { listChanges, type StoredChange } from '../src/storage/changes.ts'
import { dreamFormat } from '../src/storage/dream-sessions.ts'
import { measureDrift } from '../src/storage/drift.ts'
import { listCritiques } from '../src/storage/judgements.ts'
import { insertMemory, listMemories } from '../src/storage/memories.ts'
import { insertMemoryStore } from '../src/storage/memory-stores.ts'
import { createDream } from '../src/storage/new-dream.ts'
import { acceptChange } from '../src/storage/review-changes.ts'
import { listCurrentTranscripts } from '../src/storage/sessions.ts'
import { inFolder } from './_measure.ts'
import { keepResults, type Row } from './_results.ts'
import { wilson } from './_statistics.ts'
import { listPools, listRealStores, type RealStore } from './twenty/_stores.ts'
import { judgeSurvival, readKnown, type Survival } from './twenty/_survival.ts'

const dreams = 20
const operator = { type: 'user', id: 'bench' } as const
const quiet = () => {}

/** Twenty dreams in a row over each real store, everything applied that the panel does not reject. */
export async function benchTwentyDreams(): Promise<void> {
  const rows: Row[] = []
  const survivals: Survival[] = []
  const pools = listPools()
  for (const pool of ['service', 'coding'] as const) {
    await inFolder(async (folder) => {
      const opened = await openEmbedded({
        dataDirectory: folder,
        secrets: { maskKey: 'a key for measuring', secretKey: null, bootstrapKey: null },
        log: pino({ level: 'silent' }),
        clock: startClock(),
        signal: new AbortController().signal,
      })
      await installStarterPolicy(opened.context)
      await importPaths(opened.context, pools[pool], quiet)
      for (const store of listRealStores().filter((one) => one.sessions === pool)) {
        const run = await dreamTwenty(opened.context, store)
        survivals.push(run.survival)
        rows.push(...describe(store, run))
      }
      await opened.close()
    })
  }
  keepResults('twenty-dreams', [...summarise(survivals), ...rows])
}

/** A clock of its own, two days a dream: what counts by the day must not pile up because a bench is quick. */
let offset = 0
const startClock = () => () => Date.now() + offset
const twoDays = 2 * 86_400_000

interface Run {
  readonly survival: Survival
  readonly sessions: number
  readonly sizes: readonly number[]
  readonly operations: ReadonlyMap<string, number>
  readonly rejected: number
  readonly held: number
  readonly failures: readonly string[]
  readonly drift: Awaited<ReturnType<typeof measureDrift>>
  readonly warned: number
  readonly judged: number
}

async function dreamTwenty(context: Context, store: RealStore): Promise<Run> {
  const { database } = context
  const storeId = makeId('memstore', context.hash, ['twenty', store.name])
  await database.write(operator, async (writer) => {
    await insertMemoryStore(writer, {
      id: storeId,
      name: store.name,
      description: '',
      metadata: {},
    })
    for (const one of store.documents) await insertMemory(writer, { storeId, ...one })
    await writer.audit({
      action: 'memory_store.created',
      objectType: 'memory_store',
      objectId: storeId,
    })
  })
  const read = () => database.read((reader) => listMemories(reader, storeId))
  const sessions = await database.read(async (reader) =>
    (await listCurrentTranscripts(reader, {})).filter(({ format }) => format !== dreamFormat),
  )
  const known = readKnown(await read())
  const sizes = [sizeOf(await read())]
  const applied: ProposedChange[] = []
  const totals = { rejected: 0, held: 0, warned: 0, judged: 0 }
  const failures: string[] = []
  for (let round = 0; round < dreams; round += 1) {
    offset += twoDays
    const ids = sessions
      .filter((_, at) => isRead[store.reads](at, round))
      .map(({ sessionId }) => sessionId)
    const taken = await dreamOnce(context, storeId, ids)
    applied.push(...taken.applied)
    failures.push(...taken.failures)
    for (const key of ['rejected', 'held', 'warned', 'judged'] as const) totals[key] += taken[key]
    sizes.push(sizeOf(await read()))
  }
  const survival = judgeSurvival(known, await read(), applied)
  if (process.env.TWENTY_SHOW) {
    console.log(store.name, sizes, failures, survival.lost)
    for (const { operation, path, before, after } of applied)
      console.log(operation, path, '\n  -', before?.slice(0, 200), '\n  +', after?.slice(0, 300))
  }
  return {
    survival,
    sessions: sessions.length,
    sizes,
    operations: countBy(applied.map(({ operation }) => operation)),
    failures,
    ...totals,
    drift: await database.read((reader) => measureDrift(reader, storeId)),
  }
}

const isRead: Readonly<Record<RealStore['reads'], (at: number, round: number) => boolean>> = {
  slice: (at, round) => at % dreams === round,
  fifth: (at, round) => at % 5 === round % 5,
  all: (at, round) => at % dreams <= round,
}

const sizeOf = (documents: readonly { content: string }[]) =>
  documents.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0)

const countBy = (names: readonly string[]) =>
  new Map([...Map.groupBy(names, (name) => name)].map(([name, list]) => [name, list.length]))

/** The real pipeline, then a person who says yes to all that the panel lets through, and applies it. */
async function dreamOnce(context: Context, storeId: MemoryStoreId, ids: readonly SessionId[]) {
  const { database } = context
  const { id } = await database.write(operator, (writer) =>
    createDream(writer, context, {
      storeId,
      model: 'lucidream-builtin',
      instructions: null,
      outputBehavior: 'create_new',
      origin: 'api',
      sessions: { ids },
    }),
  )
  await workUntilEnded(context, id, quiet)
  const changes = await database.read((reader) => listChanges(reader, id))
  const found = { applied: [] as ProposedChange[], rejected: 0, held: 0, warned: 0, judged: 0 }
  const failures: string[] = []
  await database.write(operator, async (writer) => {
    for (const stored of changes) {
      const critiques = await listCritiques(writer, stored)
      found.judged += 1
      if (stored.change.trust.quarantine.length > 0) found.held += 1
      if (critiques.some(({ critic, verdict }) => critic === 'drift' && verdict !== 'accept'))
        found.warned += 1
      if (critiques.some(({ verdict }) => verdict === 'reject')) found.rejected += 1
      else await acceptChange(writer, context, { ...acceptance, id: stored.id })
    }
    await writer.audit({ action: 'dream.reviewed', objectType: 'dream', objectId: id })
  })
  const written = await applyAll(context, id).catch((error) => {
    if (!(error instanceof DomainError)) throw error
    if (error.details.error_code !== 'nothing_accepted') failures.push(error.message)
    return [] as readonly StoredChange[]
  })
  found.applied.push(...written.map(({ change }) => change))
  return { ...found, failures }
}

const acceptance = {
  reason: 'a bench',
  overrules: false,
  bypasses: false,
  changeHash: null,
  expiresAt: null,
}

const applyAll = (context: Context, id: StoredChange['dreamId']) =>
  context.database.write(operator, async (writer) => {
    const plan = await planApply(writer, id)
    await writer.audit({ action: 'dream.applied', objectType: 'dream', objectId: id })
    return (await applyPlan(writer, context, plan)).flatMap(({ changes }) => changes)
  })

function describe({ name, documents }: RealStore, run: Run): Row[] {
  const { survival, sizes, drift } = run
  const [first = 0, last = 0] = [sizes[0], sizes.at(-1)]
  const machine = last === 0 ? 0 : Math.min(1, drift.bytesAdded / last)
  const plain = (metric: string, value: number | string, note?: string): Row => ({
    metric: `${name}: ${metric}`,
    value,
    goal: null,
    reached: null,
    ...(note === undefined ? {} : { note }),
  })
  const operations = [...run.operations].map(([kind, count]) => `${count} ${kind}`).join(', ')
  return [
    survivalRow(`${name}: facts that survive`, [survival]),
    plain(
      'changes applied',
      operations || 'none',
      `${documents.length} memories, ${run.sessions} sessions; ${run.rejected} rejected by the panel, ${run.held} of ${run.judged} in quarantine until accepted`,
    ),
    {
      metric: `${name}: size after ${dreams} dreams against before`,
      value: last / Math.max(1, first),
      goal: '≤ 2',
      reached: last <= 2 * first,
      note: `bytes after 0, 5, 10, 15, 20 dreams: ${[0, 5, 10, 15, 20].map((at) => sizes[at]).join(', ')}`,
    },
    ...(run.operations.size === 0
      ? []
      : [
          plain('share of the store that dreams wrote', machine),
          plain(
            'churn: bytes written and removed, in stores of the first size',
            (drift.bytesAdded + drift.bytesRemoved) / Math.max(1, first),
          ),
          plain('changes that the drift critic minds', `${run.warned} of ${run.judged}`),
        ]),
    ...(run.failures.length === 0
      ? []
      : [plain('dreams of which nothing could be applied', run.failures.length, run.failures[0])]),
  ]
}

function survivalRow(metric: string, list: readonly Survival[]): Row {
  const sum = (of: (one: Survival) => number) => list.reduce((total, one) => total + of(one), 0)
  const all = sum(({ all }) => all)
  const lost = sum(({ lost }) => lost.length)
  return {
    metric,
    value: all === 0 ? 1 : (all - lost) / all,
    ...wilson(all - lost, all),
    n: all,
    goal: '≥ 0.999',
    reached: all === 0 || (all - lost) / all >= 0.999,
    note: `${sum(({ untouched }) => untouched)} in lines left word for word, ${sum(({ found }) => found)} in others, ${sum(({ replaced }) => replaced)} replaced by a change that says so, ${lost} lost`,
  }
}

const summarise = (survivals: readonly Survival[]): Row[] => [
  survivalRow(
    `facts that survive ${dreams} dreams, ${survivals.length} stores together`,
    survivals,
  ),
]
