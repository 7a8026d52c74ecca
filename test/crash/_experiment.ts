import { commitExperiments } from '../../src/pipeline/experiments.ts'
import type { Run } from './_place.ts'

interface Exposures {
  readonly data: readonly {
    readonly id: string
    readonly unit: string
    readonly arm: string | null
  }[]
  readonly next_page: string | null
}

interface Started {
  readonly id: string
  readonly storeId: string
}

/** An experiment of one change of the dream at the last stage of its ramp. */
async function startExperiment({ call, context }: Run, change: string): Promise<Started> {
  await call('POST', `/lucid/v1/changes/${change}/accept`, { override: true, reason: 'seen' })
  await call('PUT', '/lucid/v1/outcome_definitions/resolved', {
    signals: [{ kind: 'resolved' }],
    cap: null,
  })
  const { id, memory_store_id: storeId } = await call<{ id: string; memory_store_id: string }>(
    'POST',
    '/lucid/v1/experiments',
    { name: 'cut off', change_ids: [change], goal: 'resolved' },
  )
  const why = { anyway: true, reason: 'nobody reads it yet' }
  await call('POST', `/lucid/v1/experiments/${id}/start`, why)
  await context.database.write({ type: 'user', id: 'test' }, async (writer) => {
    await writer.write.updateTable('experiments').set({ stage: 2 }).execute()
    await writer.audit({ action: 'experiment.ramped', objectType: 'experiment', objectId: id })
  })
  return { id, storeId }
}

/** What is told of one unit. */
type Told = (arm: string | null, at: number) => boolean

/** Units read the store; answers with the signals that tell what came of them, in their order. */
async function readAll(
  { call }: Run,
  { storeId }: Started,
  { units, told }: { readonly units: readonly string[]; readonly told: Told },
): Promise<object[]> {
  for (const [at, unit] of units.entries()) {
    const query = `store=${storeId}&unit=${unit}&task_type=type-${at % 2}&principal=p${at % 3}`
    await call('GET', `/lucid/v1/checkout?${query}`)
  }
  const seen = new Map<string, Exposures['data'][number]>()
  for (let page: string | null = ''; page !== null; ) {
    const query: string = page === '' ? '' : `&page=${encodeURIComponent(page)}`
    const found: Exposures = await call('GET', `/lucid/v1/exposures?limit=100${query}`)
    for (const one of found.data) seen.set(one.unit, one)
    page = found.next_page
  }
  return units.map((unit, at) => {
    const { id = '', arm = null } = seen.get(unit) ?? {}
    return {
      source: 'tests',
      idempotency_key: id,
      kind: 'resolved',
      success: told(arm, at),
      subjects: [{ type: 'exposure_id', value: id }],
    }
  })
}

const candidateFails: Told = (arm) => arm === '0'
const candidateSucceeds: Told = (arm) => arm === '1'
/** Two of three times the candidate fails and the incumbent does not: it takes some dozen units to show. */
const candidateIsWorse: Told = (arm, at) => (at % 3 === 0 ? arm === '1' : arm === '0')

const name = (kind: string, count: number) =>
  Array.from({ length: count }, (_, at) => `${kind}${at}`)

/** Whoever read the candidate failed, the others did not, and nothing is counted yet. */
export async function startHarmful(run: Run, change: string): Promise<void> {
  const started = await startExperiment(run, change)
  const signals = await readAll(run, started, { units: name('u', 80), told: candidateFails })
  await run.call('POST', '/lucid/v1/outcome_signals', { signals })
}

/** Units that have read, and the signals about them, which nobody has told yet. */
export async function startUntold(run: Run, change: string): Promise<object[]> {
  const started = await startExperiment(run, change)
  return readAll(run, started, { units: name('u', 120), told: candidateIsWorse })
}

/** What an agent of this name would read, and the store that it comes from, as JSON. */
export async function readPlace({ call }: Run, storeId: string): Promise<string> {
  const memories = `/v1/memory_stores/${storeId}/memories?view=full&limit=100`
  const { data } = await call<{ data: { path: string; content: string }[] }>('GET', memories)
  return JSON.stringify(data.map(({ path, content }) => [path, content]))
}

/**
 * A change that was promoted because everybody who read it succeeded, and whose readers fail since. Answers with the store and what
 * stood in it before.
 */
export async function startTurning(
  run: Run,
  change: string,
): Promise<{ readonly storeId: string; readonly before: string }> {
  const started = await startExperiment(run, change)
  const { id, storeId } = started
  const before = await readPlace(run, storeId)
  const good = await readAll(run, started, { units: name('u', 140), told: candidateSucceeds })
  await run.call('POST', '/lucid/v1/outcome_signals', { signals: good })
  await commitExperiments(run.context)
  await run.call('POST', `/lucid/v1/experiments/${id}/promote`, { reason: 'it is proven' })
  if ((await readPlace(run, storeId)) === before) throw new Error('nothing was promoted')
  const bad = await readAll(run, started, { units: name('after', 140), told: candidateFails })
  await run.call('POST', '/lucid/v1/outcome_signals', { signals: bad })
  return { storeId, before }
}
