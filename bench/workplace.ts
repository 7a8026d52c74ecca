import { inFolder } from './_measure.ts'
import { inSchema } from './_postgres.ts'
import { keepResults } from './_results.ts'
import { laid, type MadeChange, noted, notes } from './workplace/changes.ts'
import { dreamChanges, importTranscripts } from './workplace/dreaming.ts'
import { type Office, openOffice } from './workplace/office.ts'
import { compareTables, tabulate, toRows } from './workplace/rows.ts'
import { accept, between, deadlineSeconds, mostUnits, Trial } from './workplace/trial.ts'

const seed = Number(process.env.WORKPLACE_SEED ?? 1)
const onSqlite = Number(process.env.WORKPLACE_EXPERIMENTS ?? 96)
const onPostgres = Number(process.env.WORKPLACE_ON_POSTGRES ?? 12)
/** A worker's turn after so many half hours. */
const turn = 12
/** One experiment in so many tests what a dream proposed; the first of those promoted turn to harm. */
const dreamtEvery = 3
const turning = 6

/** What the three changes of an experiment do to the chance of success. */
const worlds: readonly (readonly [number, number, number])[] = [
  [0.2, 0, 0],
  [0, -0.2, 0],
  [0, 0, 0],
  [-0.2, 0, 0.2],
]

/**
 * A workplace with known truth, over HTTP alone: sessions check out the memory, what they read decides how often they succeed, and
 * outcomes come by signed webhook, late, twice, or never. Two runs give the same table of verdicts.
 */
export async function benchWorkplace(): Promise<void> {
  const here = await inFolder((folder) =>
    simulate({ name: 'SQLite', folder, databaseUrl: null, count: onSqlite }),
  )
  const there =
    onPostgres === 0
      ? null
      : await inSchema((databaseUrl) =>
          inFolder((folder) =>
            simulate({ name: 'Postgres', folder, databaseUrl, count: onPostgres }),
          ),
        )
  if (there === null) console.log('workplace: Postgres left out: none answers, or none is wanted')
  const others = there === null ? [] : [...there.rows, compareTables(here.table, there.table)]
  keepResults('workplace', [...here.rows, ...others])
}

interface Run {
  readonly name: string
  readonly folder: string
  readonly databaseUrl: string | null
  readonly count: number
}

async function simulate({ name, folder, databaseUrl, count }: Run) {
  const began = performance.now()
  const office = await openOffice({ folder, databaseUrl, seed })
  try {
    await office.ask('PUT', '/lucid/v1/outcome_definitions/resolved', {
      signals: [{ kind: 'resolved' }],
      require_signed: true,
      deadlines: { standard_seconds: deadlineSeconds },
      cap: null,
    })
    const sessionIds = await importTranscripts(office, seed)
    const trials: Trial[] = []
    // One after the other: the coins of an experiment are drawn when it is made.
    for (let at = 0; at < count; at += 1) trials.push(await makeTrial(office, { at, sessionIds }))
    await runAll(office, trials)
    const seconds = (performance.now() - began) / 1_000
    console.log(`workplace: ${count} experiments on ${name} in ${seconds.toFixed(0)} s`)
    const signals = await office.countSignals()
    const table = trials.map(tabulate)
    const whole = { seed, signals, seconds, requests: office.requests, table }
    return { table, rows: toRows(name, trials, whole) }
  } finally {
    await office.stop()
  }
}

/** All experiments at once, as in a workplace with many stores: what they ask at the same time shares the commits. */
async function runAll(office: Office, trials: readonly Trial[]): Promise<void> {
  for (const trial of trials) await trial.start()
  for (let at = 1; trials.some(({ isOver }) => !isOver); at += 1) {
    office.now += between
    const open = trials.filter(({ isOver }) => !isOver)
    await Promise.all(open.map((trial) => trial.tick()))
    if (at % turn !== 0) continue
    await office.work()
    await Promise.all(open.map((trial) => trial.look()))
  }
}

interface Making {
  readonly at: number
  readonly sessionIds: readonly string[]
}

/** A store with its notes, three changes that a person approved after review, and an experiment of them. */
async function makeTrial(office: Office, { at, sessionIds }: Making): Promise<Trial> {
  const name = `w${at}`
  const { id: storeId } = await office.ask<{ id: string }>('POST', '/v1/memory_stores', { name })
  await office.ask('POST', `/v1/memory_stores/${storeId}/memories`, {
    path: notes,
    content: noted,
  })
  const isDreamt = at % dreamtEvery === 0
  const made = isDreamt
    ? await dreamChanges(office, { storeId, sessionIds })
    : await layThree(office, storeId)
  if (made.length !== 3) throw new Error(`${name}: ${made.length} changes instead of three`)
  const origin = isDreamt ? ('dreamt' as const) : ('laid' as const)
  for (const { id } of made) await accept(office, { id, origin })
  const { id: experimentId } = await office.ask<{ id: string }>('POST', '/lucid/v1/experiments', {
    name,
    change_ids: made.map(({ id }) => id),
    goal: 'resolved',
    settings: { smallest_effect: 0.2, max_units: mostUnits },
  })
  const world = worlds[Math.floor(at / dreamtEvery) % worlds.length] as readonly number[]
  const changes = made.map((change, ordinal) => ({
    ...change,
    effect: world[ordinal] ?? 0,
    origin,
    verdict: null,
  }))
  const turns = world.some((effect) => effect > 0) && at < turning * dreamtEvery
  return new Trial({
    office,
    name,
    storeId,
    experimentId,
    changes,
    turns,
    seed: 1_000_000 * seed + at,
  })
}

async function layThree(office: Office, storeId: string): Promise<MadeChange[]> {
  const ids = await office.lay(
    storeId,
    laid.map((line) => ({ path: notes, line })),
  )
  return ids.map((id, at) => ({ id, marker: laid[at] ?? '' }))
}
