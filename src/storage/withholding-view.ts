import { setImmediate } from 'node:timers/promises'
import { DomainError } from '../core/errors.ts'
import { type ItemWorth, openLedgers } from '../core/experiment/item-ledgers.ts'
import type { WithholdingSettings } from '../core/experiment/withheld-items.ts'
import type { Hash, MemoryStoreId } from '../core/ids.ts'
import { parseItems } from '../core/items/items.ts'
import type { Reader } from './database.ts'
import { findFrozenGoal, type OpenGoal } from './experiment-goal.ts'
import { listMemories } from './memories.ts'
import { getMemoryStore } from './memory-stores.ts'
import { countMountedReadings, countWithheldUnits, listWithheldUses } from './withheld-uses.ts'
import { findWithholding } from './withholding.ts'

/** Whether items of a store are left out, and with a goal what each of them was worth. */
export interface WithholdingView {
  readonly storeId: MemoryStoreId
  readonly settings: WithholdingSettings | null
  /** Readings of sessions that mounted the store since: nothing is ever left out there. */
  readonly mountedReadings: number
  readonly ledgers: LedgersView | null
}

interface LedgersView {
  readonly goal: string
  /** Of the definition: another version judges all units anew. */
  readonly version: number
  readonly deadlineMs: number
  readonly units: number
  readonly waiting: number
  readonly leftOut: number
  readonly late: number
  readonly never: number
  readonly crowded: number
  readonly items: readonly ShownItem[]
}

interface ShownItem extends ItemWorth {
  /** As it stands in the store now; null: it does not stand there any more. */
  readonly text: string | null
}

interface Viewing {
  readonly storeId: MemoryStoreId
  /** Left out: no ledgers. */
  readonly goal: string | undefined
  readonly now: number
}

type ViewReader = Reader & { readonly hash: Hash }

export async function viewWithholding(
  reader: ViewReader,
  { storeId, goal, now }: Viewing,
): Promise<WithholdingView> {
  await getMemoryStore(reader, storeId)
  return {
    storeId,
    settings: await findWithholding(reader, storeId),
    mountedReadings: await countMountedReadings(reader, storeId),
    ledgers: goal === undefined ? null : await viewLedgers(reader, { storeId, goal, now }),
  }
}

/** A process that answers others breathes after so many coins; to read a unit takes as long as some fifty of them. */
const coinsAtOnce = 10_000
const coinsOfUnit = 50

async function viewLedgers(
  reader: ViewReader,
  { storeId, goal: name, now }: Viewing & { readonly goal: string },
): Promise<LedgersView> {
  const goal = await getFrozenGoal(reader, name)
  const ledgers = openLedgers()
  let coins = 0
  let crowded = 0
  let judged = 0
  let isFull = false
  for await (const one of listWithheldUses(reader, { storeId, goal, now })) {
    judged += 1
    isFull ||= !ledgers.take(one.use)
    if (!isFull && one.crowded) crowded += 1
    coins += coinsOfUnit + (isFull ? 0 : one.use.eligible.length)
    if (coins < coinsAtOnce) continue
    coins = 0
    await setImmediate()
  }
  const { items, units, late, never } = ledgers.close()
  const texts = await readTexts(reader, storeId)
  return {
    goal: name,
    version: goal.definition.version,
    deadlineMs: goal.deadlines.standardMs,
    units,
    waiting: (await countWithheldUnits(reader, storeId)) - judged,
    leftOut: judged - units,
    late,
    never,
    crowded,
    items: items.map((item) => ({ ...item, text: texts.get(item.id) ?? null })),
  }
}

/** What is enough to know a line by. */
const mostLetters = 200

/** Of each item that stands in the store as it is. */
async function readTexts(
  reader: ViewReader,
  storeId: MemoryStoreId,
): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>()
  for (const memory of await listMemories(reader, storeId)) {
    for (const { id, text } of parseItems(memory, reader.hash)) {
      texts.set(id, text.length <= mostLetters ? text : `${text.slice(0, mostLetters)} …`)
    }
    await setImmediate()
  }
  return texts
}

export async function getFrozenGoal(reader: Reader, name: string): Promise<OpenGoal> {
  const goal = await findFrozenGoal(reader, name)
  if (goal) return goal
  throw new DomainError(
    'not_found',
    `goal: there is no outcome definition "${name}". Say what counts as success first: PUT /lucid/v1/outcome_definitions/NAME, or lucidream outcomes define.`,
  )
}

/** In the shape of the contract, for the API and for `--json`. */
export function presentWithholding({
  storeId,
  settings,
  mountedReadings,
  ledgers,
}: WithholdingView) {
  return {
    memory_store_id: storeId,
    share: settings?.share ?? null,
    exempt_paths: [...(settings?.exemptPaths ?? [])],
    mounted_readings: mountedReadings,
    ledgers: ledgers && {
      goal: ledgers.goal,
      definition_version: ledgers.version,
      deadline_seconds: ledgers.deadlineMs / 1_000,
      units: ledgers.units,
      waiting: ledgers.waiting,
      left_out: ledgers.leftOut,
      late: ledgers.late,
      never: ledgers.never,
      crowded: ledgers.crowded,
      harmful: ledgers.items.filter(({ verdict }) => verdict === 'harmful').length,
      items: ledgers.items.map(presentItem),
    },
  }
}

const presentItem = ({ id, path, text, given, withheld, ...worth }: ShownItem) => ({
  item: id,
  path,
  text,
  given: given.units,
  given_mean: given.mean,
  withheld: withheld.units,
  withheld_mean: withheld.mean,
  helps: worth.helps,
  harms: worth.harms,
  verdict: worth.verdict,
  says: worth.says,
})
