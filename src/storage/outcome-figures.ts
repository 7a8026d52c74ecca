import type { WebhookSourceId } from '../core/ids.ts'
import { anyOf } from './batches.ts'
import { defaultWorkspace, type Reader } from './database.ts'

/** How many signals or receipts of one source are in one state. */
export interface SourceFigure {
  readonly source: string
  readonly state: string
  readonly count: number
}

export interface OutcomeFigures {
  readonly signals: readonly SourceFigure[]
  readonly receipts: readonly SourceFigure[]
}

/** Senders choose names, and monitoring keeps every one for good: the rarest are shown together. */
const mostRows = 150
const others = '(other)'

/** From counts that triggers keep, so that it does not matter how much is stored. */
export async function readOutcomeFigures(reader: Reader): Promise<OutcomeFigures> {
  const signals = await listTallies(reader, 'signals')
  const receipts = await listTallies(reader, 'receipts')
  const refusals = await listRefusals(reader)
  return { signals, receipts: await nameSources(reader, [...receipts, ...refusals]) }
}

async function listTallies(reader: Reader, what: 'signals' | 'receipts'): Promise<SourceFigure[]> {
  const all = reader.read
    .selectFrom('tallies')
    .select(['name as source', 'state', 'count'])
    .where('what', '=', what)
  const rows = await all
    .where('name', '<>', '*')
    .orderBy('count', 'desc')
    .orderBy('name', 'desc')
    .limit(mostRows)
    .execute()
  const totals = await all.where('name', '=', '*').orderBy('state').execute()
  const shown = rows.map((row) => ({ ...row, count: Number(row.count) }))
  const rest = totals.flatMap(({ state, count }) => {
    const named = shown.filter((one) => one.state === state)
    const left = Number(count) - named.reduce((sum, one) => sum + one.count, 0)
    return left > 0 ? [{ source: others, state, count: left }] : []
  })
  return [...shown, ...rest]
}

/** Of a handful of reasons for each source; nothing else is kept of them. */
async function listRefusals(reader: Reader): Promise<SourceFigure[]> {
  const rows = await reader.read
    .selectFrom('webhook_refusals')
    .select(['source_id as source', (select) => select.fn.sum<number>('count').as('count')])
    .groupBy('source_id')
    .orderBy('count', 'desc')
    .orderBy('source_id')
    .execute()
  const shown = rows.map((row) => ({ ...row, state: 'refused', count: Number(row.count) }))
  const rest = shown.slice(mostRows).reduce((sum, { count }) => sum + count, 0)
  const other = rest > 0 ? [{ source: others, state: 'refused', count: rest }] : []
  return [...shown.slice(0, mostRows), ...other]
}

/** By name, as an administrator knows them; those that had one name after each other stand together. */
async function nameSources(
  reader: Reader,
  figures: readonly SourceFigure[],
): Promise<SourceFigure[]> {
  const rows = await reader.read
    .selectFrom('webhook_sources')
    .select(['id', 'name'])
    .where('workspace_id', '=', defaultWorkspace)
    .where('id', 'in', anyOf(figures.map(({ source }) => source as WebhookSourceId)))
    .execute()
  const names = new Map<string, string>(rows.map(({ id, name }) => [id, name]))
  const named = figures.map((one) => ({ ...one, source: names.get(one.source) ?? one.source }))
  const groups = Map.groupBy(named, ({ source, state }) => `${source}\0${state}`)
  return [...groups.values()].flatMap((group) => {
    const [first] = group
    return first ? [{ ...first, count: group.reduce((sum, { count }) => sum + count, 0) }] : []
  })
}
