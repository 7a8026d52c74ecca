import { seededRandom } from '../src/core/statistics/random.ts'
import { inFolder } from './_measure.ts'
import { keepResults, type Row } from './_results.ts'
import { wilson } from './_statistics.ts'
import { notes, type Office, openOffice } from './workplace/office.ts'

const perKind = Number(process.env.WORKPLACE_EXPERIMENTS ?? 24) / 3
const mostUnits = 700
const minute = 60_000
/** One unit in half an hour; outcomes are waited for a day. */
const between = 30 * minute
const deadlineSeconds = 86_400
/** A worker's turn after so many units. */
const turn = 12
const line = '- Ask for the order number first.\n'
const rates = { refund: 0.4, booking: 0.6, question: 0.75 } as const
type TaskType = keyof typeof rates
const taskTypes = Object.keys(rates) as TaskType[]

/**
 * A workplace with known truth, over HTTP alone: sessions check out the memory, what they read decides how often they succeed, and
 * outcomes come by signed webhook, late, twice, or never.
 */
export async function benchWorkplace(): Promise<void> {
  const began = performance.now()
  const rows = await inFolder(async (folder) => {
    const office = await openOffice(folder)
    try {
      await office.ask('PUT', '/lucid/v1/outcome_definitions/resolved', {
        signals: [{ kind: 'resolved' }],
        require_signed: true,
        deadlines: { standard_seconds: deadlineSeconds },
        cap: null,
      })
      const found: Ended[] = []
      for (const effect of [0.2, 0, -0.2]) {
        for (let at = 0; at < perKind; at += 1) found.push(await runOne(office, effect, at))
      }
      const seconds = (performance.now() - began) / 1_000
      return toRows(found, { signals: await office.countSignals(), seconds, ...office })
    } finally {
      await office.stop()
    }
  })
  keepResults('workplace', rows)
}

interface Ended {
  readonly effect: number
  readonly state: string
  readonly units: number
  readonly equal: boolean
  /** Of the webhooks: how many were to be stored, and what must not have happened. */
  readonly sent: number
  readonly twice: number
  readonly forgedTaken: number
  readonly changedArm: number
  readonly never: number
  readonly tooLate: number
}

interface Pending {
  readonly id: string
  readonly exposure: string
  readonly success: boolean
  readonly due: number
}

interface Shown {
  readonly state: string
  readonly ready: boolean
  readonly units_committed: number
}

/** One experiment while it runs. */
interface Bench {
  readonly office: Office
  readonly name: string
  readonly storeId: string
  readonly effect: number
  readonly random: () => number
  readonly tally: Tally
  readonly pending: Pending[]
}
type Tally = {
  -readonly [Field in 'sent' | 'twice' | 'forgedTaken' | 'changedArm' | 'never' | 'tooLate']: number
}

async function runOne(office: Office, effect: number, at: number): Promise<Ended> {
  const name = `w${Math.round(100 * effect)}-${at}`
  const random = seededRandom(1_000 * Math.round(100 * (effect + 1)) + at)
  const { storeId, experiment } = await startOne(office, name)
  const tally = { sent: 0, twice: 0, forgedTaken: 0, changedArm: 0, never: 0, tooLate: 0 }
  const bench: Bench = { office, name, storeId, effect, random, tally, pending: [] }
  const path = `/lucid/v1/experiments/${experiment}`
  let shown: Shown = { state: 'running', ready: false, units_committed: 0 }
  // After the last unit the clock goes on until every outcome came or its time is over.
  const spare = (2 * deadlineSeconds * 1_000) / between
  for (let unit = 0; unit < mostUnits + spare; unit += 1) {
    office.now += between
    if (unit < mostUnits) await visit(bench, unit)
    await deliver(bench)
    if (unit % turn !== turn - 1) continue
    await office.work()
    shown = await office.ask<Shown>('GET', path)
    if (shown.state !== 'running' || shown.ready) break
  }
  if (shown.ready) {
    shown = await office.ask<Shown>('POST', `${path}/promote`, { reason: 'it is proven' })
  }
  const { equal } = await office.ask<{ equal: boolean }>('GET', `${path}/verify`)
  return { effect, state: shown.state, units: shown.units_committed, equal, ...tally }
}

/** A session reads the memory and does its work; what came of it will be told, or not. */
async function visit(bench: Bench, at: number): Promise<void> {
  const { office, name, storeId, effect, random, tally, pending } = bench
  const read = await readMemory(office, { storeId, unit: `${name}-u${at}`, at })
  if (at % 25 === 0) tally.changedArm += (await readAgain(office, read)) ? 0 : 1
  const chance = rates[read.type] + (read.text.includes(line) ? effect : 0)
  const success = random() < chance
  const fate = random()
  const day = deadlineSeconds * 1_000
  if (fate < 0.08) tally.never += 1
  else {
    const isLate = fate < 0.12
    if (isLate) tally.tooLate += 1
    const due = office.now + (isLate ? 1.1 : random() / 2) * day
    pending.push({ id: read.unit, exposure: read.exposure, success, due })
  }
  if (at % 40 !== 7) return
  const forged = { id: `${read.unit}-forged`, exposure: read.exposure, success: true, forged: true }
  if ((await office.tell(forged)) !== 401) tally.forgedTaken += 1
}

async function deliver({ office, random, tally, pending }: Bench): Promise<void> {
  const due = pending.filter((one) => one.due <= office.now)
  const left = pending.filter((one) => one.due > office.now)
  pending.splice(0, pending.length, ...left)
  for (const one of due) {
    await office.tell(one)
    tally.sent += 1
    if (random() >= 0.1) continue
    await office.tell(one)
    tally.twice += 1
  }
}

async function startOne(office: Office, name: string) {
  const { id: storeId } = await office.ask<{ id: string }>('POST', '/v1/memory_stores', { name })
  await office.ask('POST', `/v1/memory_stores/${storeId}/memories`, {
    path: notes,
    content: '# Notes\n\n- Refunds take 5 days.\n',
  })
  const change = await office.propose(storeId, line)
  const seen = { override: true, reason: 'simulated' }
  await office.ask('POST', `/lucid/v1/changes/${change}/accept`, seen)
  const { id } = await office.ask<{ id: string }>('POST', '/lucid/v1/experiments', {
    name,
    change_ids: [change],
    goal: 'resolved',
    settings: { smallest_effect: 0.2, max_units: mostUnits },
  })
  await office.ask('POST', `/lucid/v1/experiments/${id}/start`, { anyway: true, reason: 'new' })
  return { storeId, experiment: id }
}

interface Reading {
  readonly storeId: string
  readonly unit: string
  readonly at: number
}

async function readMemory(office: Office, { storeId, unit, at }: Reading) {
  const type = taskTypes[at % taskTypes.length] as TaskType
  const query = `store=${storeId}&unit=${unit}&task_type=${type}&principal=p${at % 7}`
  const path = `/lucid/v1/checkout?${query}`
  const found = await office.ask<{
    exposure_id: string
    content_hash: string
    data: { content: string }[]
  }>('GET', path)
  const text = found.data.map(({ content }) => content).join('\n')
  return { unit, type, path, text, exposure: found.exposure_id, hash: found.content_hash }
}

async function readAgain(office: Office, read: Awaited<ReturnType<typeof readMemory>>) {
  const again = await office.ask<{ content_hash: string }>('GET', read.path)
  return again.content_hash === read.hash
}

interface Whole {
  readonly signals: number
  readonly requests: number
  readonly seconds: number
}

function toRows(found: readonly Ended[], whole: Whole): Row[] {
  const sum = (field: 'sent' | 'twice' | 'forgedTaken' | 'changedArm' | 'never' | 'tooLate') =>
    found.reduce((total, one) => total + one[field], 0)
  const share = (metric: string, [of, wanted]: [number[], string], goal: string | null): Row => {
    const group = found.filter(({ effect }) => of.includes(effect))
    const hits = group.filter(({ state }) => state === wanted).length
    const units = group.map((one) => one.units).toSorted((a, b) => a - b)
    return {
      metric,
      value: hits / group.length,
      ...wilson(hits, group.length),
      n: group.length,
      goal,
      reached: goal === null ? null : hits / group.length <= 0.05,
      note: `${units[Math.floor(units.length / 2)]} units counted in the median`,
    }
  }
  const none = (metric: string, value: number, n: number): Row => ({
    metric,
    value,
    n,
    goal: '0',
    reached: value === 0,
  })
  return [
    share('a change of +20 points: promoted', [[0.2], 'promoted'], null),
    share('a change that does nothing: promoted', [[0], 'promoted'], '≤ 0.05 (point)'),
    share('a change of -20 points: promoted', [[-0.2], 'promoted'], '≤ 0.05 (point)'),
    share('useless or harmful: promoted (false keeps)', [[0, -0.2], 'promoted'], '≤ 0.05 (point)'),
    share('a change of -20 points: rolled back', [[-0.2], 'rolled_back'], null),
    share('a change that does nothing: rolled back', [[0], 'rolled_back'], null),
    none(
      'outcomes stored more or less than once',
      Math.abs(whole.signals - sum('sent')),
      sum('sent'),
    ),
    none('forged webhooks that were taken', sum('forgedTaken'), found.length),
    none('units that read another arm the second time', sum('changedArm'), found.length),
    none(
      'experiments whose state is not what their units give again',
      found.filter(({ equal }) => !equal).length,
      found.length,
    ),
    {
      metric: 'requests over HTTP',
      value: whole.requests,
      goal: null,
      reached: null,
      note: `${whole.seconds.toFixed(0)} s; ${sum('twice')} webhooks sent twice, ${sum('never')} outcomes never sent, ${sum('tooLate')} after the deadline`,
    },
  ]
}
