import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dream } from '../../src/pipeline/dream.ts'
import { commitExperiments } from '../../src/pipeline/experiments.ts'
import { importPaths } from '../../src/pipeline/import.ts'
import { quickKinds, slowKinds } from '../../src/pipeline/job-kinds.ts'
import { readMemoryFolder } from '../../src/pipeline/memory-folder.ts'
import { mirrorFolder } from '../../src/pipeline/memory-store.ts'
import { openScheduler } from '../../src/pipeline/schedules.ts'
import { airlineMemory } from '../_airline.ts'
import { putPolicy } from '../_policies.ts'
import { readPlace, startHarmful, startTurning, startUntold } from './_experiment.ts'
import { makeTestKey, type Opening, openPlace, type Place, type Run } from './_place.ts'

/** What scenarios need to know of the place they are run at. */
export interface Given {
  /** A file of transcripts. */
  readonly transcripts: string
  /** Where webhooks go. */
  readonly hook: string
}

interface Scenario {
  /** Before anything is cut off; its clock is two hours behind. */
  readonly prepare?: (run: Run, given: Given) => Promise<unknown>
  /** May be cut off at any write and run again on what is left, as a client and a worker would. */
  readonly run: (run: Scene) => Promise<unknown>
}

interface Scene extends Run {
  readonly given: Given
  /** Notes the path of something whose making was answered: it must never be lost. */
  readonly acknowledge: (path: string) => void
}

async function countToRollBack({ context, call }: Run) {
  await commitExperiments(context)
  await commitExperiments(context)
  const state = await verifyExperiment({ call })
  if (state !== 'rolled_back') throw new Error(`it is ${state}`)
}

/** Its state; its units folded again must give what is stored, bit for bit. */
async function verifyExperiment({ call }: Pick<Run, 'call'>): Promise<string | undefined> {
  const [one] = (
    await call<{ data: { id: string; state: string }[] }>('GET', '/lucid/v1/experiments')
  ).data
  const { equal } = await call<{ equal: boolean }>('GET', `/lucid/v1/experiments/${one?.id}/verify`)
  if (!equal) throw new Error('its units give another state')
  return one?.state
}

interface Listed {
  readonly data: readonly { readonly id: string }[]
}

const quiet = () => {}
const actor = { type: 'user', id: 'test' } as const
const hour = 3_600_000
const snapshotMoment = '2026-11-25T06:30:00Z'

/** Small things of each kind; what a client repeats after a cut, it looks for first. */
export const scenarios = {
  import: {
    async run({ context, given }) {
      const result = await importPaths(context, [given.transcripts], quiet)
      if (result.totals.failedFiles > 0) throw new Error('a file failed')
    },
  },
  'command line dream': {
    prepare: importSessions,
    async run({ context }) {
      const folder = await readMemoryFolder(airlineMemory, context.hash)
      const storeId = await mirrorFolder(context, folder, actor)
      await dream(context, { storeId, filter: {}, actor }, quiet)
    },
  },
  'dream over the wire': {
    prepare: importWithStore,
    run: (scene) => dreamOnce(scene, 'create_new'),
  },
  'dream into its input store': {
    prepare: importWithStore,
    run: (scene) => dreamOnce(scene, 'update_existing'),
  },
  upload: { run: uploadOnce },
  webhook: {
    prepare: (run, { hook }) =>
      run.call('POST', '/lucid/v1/webhook_endpoints', {
        url: hook,
        event_types: ['memory_store.created'],
      }),
    async run(scene) {
      for (const name of ['one', 'two']) await makeStoreOnce(scene, name)
      await workOff(scene)
    },
  },
  receive: { prepare: addSource, run: sendTwo },
  restore: { prepare: makeStoreWithPast, run: restoreOnce },
  schedule: {
    async prepare(run, given) {
      const memory_store_id = await importWithStore(run, given)
      await run.call('POST', '/lucid/v1/dream_schedules', {
        name: 'morning',
        memory_store_id,
        cron: '0 8 * * *',
        selector: {},
      })
    },
    run: ({ context }) => openScheduler(context)(),
  },
  apply: { prepare: dreamBefore, run: applyOnce },
  'roll back': {
    async prepare(run, given) {
      await dreamBefore(run, given)
      await applyOnce(run)
    },
    run: rollBackOnce,
  },
  // Ends in a verdict: the candidate does harm. The second round finds nothing left to count.
  experiment: { prepare: experimentBefore, run: countToRollBack },
  // Told and counted by tens; who tells it and got no answer tells it again.
  outcomes: {
    async prepare(run, given) {
      await dreamBefore(run, given)
      const [first] = (await listProposals(run)).data
      const signals = await startUntold(run, first?.id ?? '')
      writeFileSync(join(run.data, standing), JSON.stringify(signals))
    },
    async run({ context, call, data }) {
      const signals: object[] = JSON.parse(readFileSync(join(data, standing), 'utf8'))
      for (let at = 0; at < signals.length; at += 10) {
        await call('POST', '/lucid/v1/outcome_signals', { signals: signals.slice(at, at + 10) })
        await commitExperiments(context)
      }
      await verifyExperiment({ call })
    },
  },
  // Promoted before; now it does harm, and is taken out of the store again.
  holdback: {
    async prepare(run, given) {
      await dreamBefore(run, given)
      const [first] = (await listProposals(run)).data
      const turning = await startTurning(run, first?.id ?? '')
      writeFileSync(join(run.data, standing), JSON.stringify(turning))
    },
    async run(scene) {
      await countToRollBack(scene)
      const { storeId, before } = JSON.parse(readFileSync(join(scene.data, standing), 'utf8'))
      if ((await readPlace(scene, storeId)) !== before) throw new Error('the store is another one')
    },
  },
} satisfies Record<string, Scenario>

export type ScenarioName = keyof typeof scenarios

/** Makes the place that every run of a scenario begins with. */
export async function prepareScenario(name: ScenarioName, place: Place, given: Given) {
  const run = await openPlace(place, { ahead: -2 * hour })
  await makeTestKey(run)
  const { prepare }: Scenario = scenarios[name]
  await prepare?.(run, given)
  await run.close()
}

/** Answers how many writes it took. */
export async function runScenario(
  name: ScenarioName,
  place: Place,
  { given, ...opening }: Opening & { readonly given: Given },
): Promise<number> {
  const run = await openPlace(place, opening)
  const acknowledge = (path: string) => appendFileSync(join(place.data, noted), `${path}\n`)
  await scenarios[name].run({ ...run, given, acknowledge })
  await run.close()
  return run.writes()
}

const noted = 'acknowledged'
/** What a scenario prepared and needs to know again. */
const standing = 'before.json'

/** Asks for everything that was answered before the cut; throws when something is lost. */
export async function findAcknowledged(place: Place): Promise<number> {
  writeFileSync(join(place.data, noted), '', { flag: 'a' })
  const paths = readFileSync(join(place.data, noted), 'utf8').split('\n').filter(Boolean)
  const run = await openPlace(place)
  for (const path of paths) await run.call('GET', path)
  await run.close()
  return paths.length
}

async function importSessions({ context }: Run, { transcripts }: Given): Promise<void> {
  await importPaths(context, [transcripts], quiet)
}

async function importWithStore(run: Run, given: Given): Promise<string> {
  await importSessions(run, given)
  await putPolicy(run.context)
  const folder = await readMemoryFolder(airlineMemory, run.context.hash)
  return mirrorFolder(run.context, folder, actor)
}

async function dreamOnce(scene: Scene, type: 'create_new' | 'update_existing') {
  const known = await scene.call<Listed>('GET', '/v1/dreams?limit=1')
  if (known.data.length === 0) scene.acknowledge(`/v1/dreams/${await orderDream(scene, type)}`)
  await workOff(scene)
}

async function dreamBefore(run: Run, given: Given) {
  await importWithStore(run, given)
  await orderDream(run, 'create_new')
  await workOff(run)
}

interface Proposals {
  readonly data: readonly { readonly id: string; readonly status: string }[]
}

async function listProposals({ call }: Run) {
  const [found] = (await call<Listed>('GET', '/v1/dreams?limit=1')).data
  const path = `/lucid/v1/dreams/${found?.id}`
  const { data } = await call<Proposals>('GET', `${path}/changes?limit=100`)
  if (data.length === 0) throw new Error('the dream proposes nothing')
  return { path, data }
}

/** Accepts whatever is still open, and applies what is still to be applied. */
async function applyOnce(run: Run) {
  const { path, data } = await listProposals(run)
  const body = { override: true, reason: 'seen' }
  for (const { id, status } of data) {
    if (status === 'proposed') await run.call('POST', `/lucid/v1/changes/${id}/accept`, body)
  }
  const isOpen = data.some(({ status }) => status === 'proposed' || status === 'accepted')
  if (isOpen) await run.call('POST', `${path}/apply`, {})
}

async function experimentBefore(run: Run, given: Given) {
  await dreamBefore(run, given)
  const [first] = (await listProposals(run)).data
  await startHarmful(run, first?.id ?? '')
}

async function rollBackOnce(run: Run) {
  const { path, data } = await listProposals(run)
  const isOpen = data.some(({ status }) => status === 'applied')
  if (isOpen) await run.call('POST', `${path}/roll_back`, {})
}

/** A dream over every session. */
export async function orderDream({ call }: Run, type: 'create_new' | 'update_existing') {
  const [store] = (await call<Listed>('GET', '/v1/memory_stores')).data
  const sessions = await call<Listed>('GET', '/v1/sessions?limit=100')
  const { id } = await call<{ id: string }>('POST', '/v1/dreams', {
    model: 'lucidream-builtin',
    inputs: [
      { type: 'memory_store', memory_store_id: store?.id },
      { type: 'sessions', session_ids: sessions.data.map((session) => session.id) },
    ],
    output_behavior: type === 'create_new' ? { type } : { type, memory_store_id: store?.id },
  })
  return id
}

async function uploadOnce(scene: Scene) {
  const { call, given, acknowledge } = scene
  const known = await call<Listed>('GET', '/lucid/v1/imports')
  if (known.data.length === 0) {
    const bytes = new Uint8Array(readFileSync(given.transcripts))
    const { id } = await call<{ id: string }>('POST', '/lucid/v1/imports?name=few.json', bytes)
    acknowledge(`/lucid/v1/imports/${id}`)
  }
  await workOff(scene)
}

async function makeStoreOnce({ call, acknowledge }: Scene, name: string) {
  const known = await call<{ data: { name: string }[] }>('GET', '/v1/memory_stores')
  if (known.data.some((store) => store.name === name)) return
  const { id } = await call<{ id: string }>('POST', '/v1/memory_stores', { name })
  acknowledge(`/v1/memory_stores/${id}`)
}

function addSource({ call }: Run) {
  return call('POST', '/lucid/v1/webhook_sources', {
    name: 'tests',
    provider: 'generic',
    scheme: { type: 'none' },
    allow_unsigned: true,
    mapping:
      'checks.{"kind": "ci", "success": ok, "subjects": [{"type": "git.sha", "value": sha}]}',
  })
}

/** A sender that got no answer sends the same once more. */
async function sendTwo(scene: Scene) {
  const { call, acknowledge } = scene
  const [source] = (await call<{ data: { path: string }[] }>('GET', '/lucid/v1/webhook_sources'))
    .data
  for (const sha of ['a', 'b']) {
    const checks = [true, false].map((ok) => ({ ok, sha: sha.repeat(40) }))
    const { id } = await call<{ id: string }>('POST', source?.path ?? '', { checks })
    acknowledge(`/lucid/v1/webhook_receipts/${id}`)
    await workOff(scene)
  }
}

/** Two hours ago it had three memories; an hour ago one was changed, one went, one came. */
async function makeStoreWithPast(run: Run): Promise<void> {
  const { id } = await run.call<{ id: string }>('POST', '/v1/memory_stores', { name: 'past' })
  const base = `/v1/memory_stores/${id}/memories`
  const made: { id: string }[] = []
  for (const path of ['/a.md', '/b.md', '/c.md']) {
    made.push(await run.call('POST', base, { path, content: `- ${path}\n` }))
  }
  run.setClock(-hour)
  await run.call('POST', `${base}/${made[0]?.id}`, { content: '- changed\n' })
  await run.call('DELETE', `${base}/${made[1]?.id}`)
  await run.call('POST', base, { path: '/d.md', content: '- new\n' })
}

async function restoreOnce({ call }: Scene) {
  const [store] = (await call<Listed>('GET', '/v1/memory_stores')).data
  const path = `/lucid/v1/memory_stores/${store?.id}/restore`
  const plan = await call<Record<string, number>>('POST', path, {
    at: snapshotMoment,
    dry_run: true,
  })
  if ((plan.created ?? 0) + (plan.modified ?? 0) + (plan.deleted ?? 0) === 0) return
  await call('POST', path, { at: snapshotMoment })
}

/** Works until no job is left, one after the other. */
async function workOff({ context }: Run): Promise<void> {
  const { jobs, owner, leaseMs, database } = context
  const kinds = { ...slowKinds, ...quickKinds }
  for (;;) {
    const job = await jobs.claim({ owner, leaseMs, kinds: Object.keys(kinds) })
    if (!job) break
    await kinds[job.kind]?.(context, job)
  }
  const left = await database.read((reader) =>
    jobs.list(reader, { states: ['queued', 'running'], limit: 1 }),
  )
  if (left.length > 0) throw new Error(`a job is left: ${JSON.stringify(left)}`)
}

const [, script, order] = process.argv
if (script === import.meta.filename && order !== undefined) {
  const { name, place, ...rest } = JSON.parse(order)
  await runScenario(name, place, rest)
}
