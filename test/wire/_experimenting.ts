import { hash } from 'node:crypto'
import { expect } from 'vitest'
import { holdbackOf } from '../../src/core/experiment/plan.ts'
import { nextStage } from '../../src/core/experiment/ramp.ts'
import type {
  ExperimentId,
  ExposureId,
  MemoryStoreId,
  OutcomeSignalId,
} from '../../src/core/ids.ts'
import { commitExperiments } from '../../src/pipeline/experiments.ts'
import type { Writer } from '../../src/storage/database.ts'
import { countExperimentUnits } from '../../src/storage/experiment-commits.ts'
import { getExperiment } from '../../src/storage/experiments.ts'
import { listMemories } from '../../src/storage/memories.ts'
import { type Line, layChanges } from '../_changes.ts'
import { putPolicy } from '../_policies.ts'
import type { TestServer } from '../_server.ts'

// biome-ignore lint/suspicious/noExplicitAny: what a test reads of an answer is what it asserts
export type Json = any

export interface Laboratory {
  readonly storeId: string
  readonly post: (
    path: string,
    body?: object,
    key?: string,
  ) => Promise<{ status: number; body: Json }>
  readonly must: (path: string, body?: object) => Promise<Json>
  readonly get: (path: string) => Promise<Json>
  readonly show: (experiment: string) => Promise<Json>
  /** Of the lines of its log. */
  readonly kinds: (experiment: string) => Promise<string[]>
  /** Limits count over all stores, so what a test leaves open would be in the way of the next. */
  readonly stopRunning: () => Promise<void>
  readonly texts: () => Promise<Record<string, string>>
  /** Accepted changes of one dream, each a line behind one of the memories. */
  readonly addChanges: (lines: readonly Line[]) => Promise<string[]>
  /** A draft of these changes, started; at the last stage of the ramp, which takes the fewest units. */
  readonly start: (changeIds: readonly string[], given?: Given) => Promise<string>
  /** Has units read the store, past the checkout and by coins that are always the same, and says what came of each. */
  readonly run: (experiment: string, running: Running) => Promise<void>
  /** The same, with none of them counted yet; true when nobody is assigned any more. */
  readonly assign: (experiment: string, running: Running) => Promise<boolean>
  readonly commit: () => Promise<void>
  readonly write: <T>(work: (writer: Writer) => Promise<T>) => Promise<T>
  readonly tell: (exposureId: string, told: Told) => Promise<void>
}

interface Given {
  readonly ramped?: boolean
  readonly [field: string]: unknown
}

interface Running {
  readonly units: number
  /** The number of the first one, 0 where nothing is said. */
  readonly from?: number
  /** Null: nothing is ever heard of it. */
  readonly outcome: (arm: string, ordinal: number) => boolean | null
  /** Who says so; nobody by name where it is left out. */
  readonly voice?: (ordinal: number) => string
  readonly prefix?: string
  /** More signals of a unit. */
  readonly also?: (arm: string, ordinal: number) => readonly (Told & { readonly kind: string })[]
  /** In the place of the units' own coins: what somebody made of them on the way. */
  readonly coin?: (ordinal: number) => number
}

interface Told {
  readonly kind?: string
  readonly success: boolean
  readonly principal?: string
}

const actor = { type: 'user', id: 'test' } as const

/** A store with two memories, and all that an experiment over it needs. */
export async function openLaboratory(
  server: TestServer,
  policy: Readonly<Record<string, unknown>> = {},
): Promise<Laboratory> {
  const { database, newId } = server.context
  const store = await server.client().beta.memoryStores.create({ name: `lab-${newId('req')}` })
  for (const [path, content] of Object.entries(start)) {
    await server.client().beta.memoryStores.memories.create(store.id, { path, content })
  }
  const storeId = store.id as MemoryStoreId
  await putPolicy(server.context, { 'approvals.rules.editorMayApprove': true, ...policy })
  await defineGoal(server)
  const post = async (path: string, body: object = {}, key?: string) => {
    const response = await server.fetch(`/lucid/v1/${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...(key ? { 'x-api-key': key } : {}) },
    })
    return { status: response.status, body: (await response.json()) as Json }
  }
  const must = async (path: string, body: object = {}) => {
    const answer = await post(path, body)
    expect(answer.body, path).not.toHaveProperty('error')
    return answer.body
  }
  const get = async (path: string): Promise<Json> => {
    const response = await server.fetch(path.startsWith('/') ? path : `/lucid/v1/${path}`)
    if (response.status !== 200) throw new Error(`${path}: ${await response.text()}`)
    return response.json()
  }
  const show = (id: string) => get(`experiments/${id}`)
  const write: Laboratory['write'] = (work) =>
    database.write(actor, async (writer) => {
      const result = await work(writer)
      await writer.audit({
        action: 'memory_store.updated',
        objectType: 'memory_store',
        objectId: storeId,
      })
      return result
    })
  const tell: Laboratory['tell'] = (exposureId, { kind = 'resolved', ...told }) =>
    write((writer) =>
      insertSignal(writer, {
        id: newId('osig'),
        exposure: exposureId as ExposureId,
        kind,
        ...told,
      }),
    )
  const assign: Laboratory['assign'] = (
    experiment,
    { units, from = 0, prefix = 'u', ...running },
  ) =>
    write((writer) =>
      assignSome(writer, {
        experiment,
        units: Array.from({ length: units }, (_, at) => from + at),
        prefix,
        ...running,
        newId,
      }),
    )
  return {
    storeId,
    post,
    must,
    get,
    show,
    async kinds(id) {
      return (await show(id)).decisions.map(({ kind }: Json) => kind)
    },
    async stopRunning() {
      for (const { id } of (await get('experiments?state=running')).data) {
        await must(`experiments/${id}/stop`, { reason: 'the test is over' })
      }
    },
    write,
    tell,
    texts: () => database.read(async (reader) => textsOf(await listMemories(reader, storeId))),
    async addChanges(lines) {
      const ids = await write((writer) => layChanges(writer, { storeId, lines, newId }))
      for (const id of ids) await must(`changes/${id}/accept`, { override: true, reason: 'a test' })
      return ids
    },
    async start(changeIds, { ramped = true, ...given } = {}) {
      const { id } = await must('experiments', {
        name: 'refunds',
        change_ids: changeIds,
        goal: 'resolved',
        settings,
        ...given,
      })
      await must(`experiments/${id}/start`, { anyway: true, reason: 'nobody reads it yet' })
      if (ramped) {
        await write((writer) =>
          writer.write.updateTable('experiments').set({ stage: 2 }).where('id', '=', id).execute(),
        )
      }
      return id
    },
    assign,
    async run(experiment, { units, from: first = 0, ...running }) {
      for (let done = 0; done < units; done += 50) {
        const some = { ...running, units: Math.min(50, units - done), from: first + done }
        const isOver = await assign(experiment, some)
        // The ramp moves on what was committed.
        await commitExperiments(server.context)
        if (isOver) return
      }
    },
    commit: () => commitExperiments(server.context),
  }
}

export const defineGoal = (server: TestServer, more: object = {}) =>
  server.fetch('/lucid/v1/outcome_definitions/resolved', {
    method: 'PUT',
    body: JSON.stringify({
      signals: [{ kind: 'resolved' }],
      deadlines: { standard_seconds: 604_800 },
      ...more,
    }),
    headers: { 'content-type': 'application/json' },
  })

export const start = {
  '/refunds.md': '- Refunds take 5 days.\n',
  '/bags.md': '- Bags cost 50 dollars.\n',
}

/** What the changes of these tests add. */
export const line = { path: '/refunds.md', line: '- Ask for the order number first.\n' }

/** For policies of tests that leave experiments open. */
export const unlimited = {
  'approvals.rules.editorMayApprove': true,
  'budgets.concurrentExperiments': 'none',
}

export const settings = {
  smallest_effect: 0.4,
  max_units: 2_000,
  prior_rate: 0.5,
}

const textsOf = (memories: readonly { readonly path: string; readonly content: string }[]) =>
  Object.fromEntries(memories.map(({ path, content }) => [path, content]))

/** Deterministic: so many of a hundred succeed, spread evenly. */
export const rate = (ofHundred: number) => (ordinal: number) =>
  (ordinal * 37 + 11) % 100 < ofHundred

interface Assigning extends Omit<Running, 'units' | 'prefix' | 'from'> {
  readonly experiment: string
  readonly units: readonly number[]
  readonly prefix: string
  readonly newId: TestServer['context']['newId']
}

/** True when nobody is assigned any more. */
async function assignSome(writer: Writer, given: Assigning): Promise<boolean> {
  const found = await getExperiment(writer, given.experiment as ExperimentId)
  const isHeld = found.state === 'promoted' && found.holdback?.endedAt === null
  if (found.state !== 'running' && !isHeld) return true
  const pi = isHeld ? holdbackOf(found.plan).pi : nextStage(found, found.plan.test.ramp).pi
  let ordinal = await countExperimentUnits(writer, found.id)
  for (const at of given.units) {
    const unit = `${given.prefix}${at}`
    const arm = found.changes
      .map(({ verdict }, change) => {
        const isOpen = isHeld ? verdict === 'promote' : verdict === null
        const own = hash('sha256', `${unit} ${change}`, 'buffer').readUInt32BE() / 2 ** 32
        const coin = given.coin?.(ordinal) ?? own
        return isOpen && coin < pi ? '1' : '0'
      })
      .join('')
    const deadline = new Date(Date.parse(writer.at) + found.plan.deadlines.standardMs)
    const row = {
      experiment_id: found.id,
      unit,
      arm,
      assigned_at: writer.at,
    }
    await writer.write
      .insertInto('experiment_units')
      .values({
        ...row,
        ordinal,
        stratum: at % 2 === 0 ? 'refund' : 'change',
        principal: `p${at % 3}`,
        stage: isHeld ? 9 : found.stage,
        pi,
        deadline_at: deadline.toISOString(),
      })
      .execute()
    const exposure = given.newId('expo')
    await writer.write
      .insertInto('exposures')
      .values({
        ...row,
        id: exposure,
        store_id: found.storeId,
        unit_ordinal: ordinal,
        session_id: null,
        content_hash: arm,
        via: 'checkout',
        withheld: 'null',
        delivered_at: writer.at,
        confirmed_at: null,
      })
      .execute()
    const success = given.outcome(arm, ordinal)
    if (success !== null) {
      const principal = given.voice?.(ordinal)
      const told = { exposure, kind: 'resolved', success, principal }
      await insertSignal(writer, { id: given.newId('osig'), ...told })
    }
    for (const told of given.also?.(arm, ordinal) ?? []) {
      await insertSignal(writer, { id: given.newId('osig'), exposure, ...told })
    }
    ordinal += 1
  }
  return false
}

interface Signal {
  readonly id: OutcomeSignalId
  readonly exposure: ExposureId
  readonly kind: string
  readonly success: boolean
  readonly principal?: string | undefined
}

async function insertSignal(writer: Writer, { id, exposure, kind, success, principal }: Signal) {
  await writer.write
    .insertInto('outcome_signals')
    .values({
      id,
      session_id: null,
      kind,
      value: null,
      success: success ? 1 : 0,
      components: '{}',
      decided_at: null,
      source: 'test',
      principal: principal ?? null,
      created_at: writer.at,
    })
    .execute()
  await writer.write
    .insertInto('signal_joins')
    .values({
      signal_id: id,
      ordinal: 0,
      session_id: null,
      exposure_id: exposure,
      via: 'exposure_id',
      confidence: 'exact',
      created_at: writer.at,
    })
    .execute()
}
