import { seededRandom } from '../../src/core/statistics/random.ts'
import type { MadeChange } from './changes.ts'
import { notes } from './changes.ts'
import { type Office, Refusal } from './office.ts'

export const mostUnits = 700
const minute = 60_000
/** One unit of each experiment in half an hour; outcomes are waited for a day. */
export const between = 30 * minute
export const deadlineSeconds = 86_400
const day = deadlineSeconds * 1_000
/** After the last unit the clock goes on until every outcome came or its time is over. */
const spare = (2 * day) / between
/** What was promoted and turned to harm is watched for so many units more. */
const mostAfter = 670
/** What a change does to the chance of success once it has turned. */
const turned = -0.4
const rates = { refund: 0.4, booking: 0.6, question: 0.75 } as const
type TaskType = keyof typeof rates
const taskTypes = Object.keys(rates) as TaskType[]

/** One change of an experiment: what it does, which is known here alone, and what came of it. */
export interface TestedChange extends MadeChange {
  readonly effect: number
  readonly origin: 'dreamt' | 'laid'
  verdict: string | null
}

export interface Tally {
  sent: number
  twice: number
  forged: number
  forgedTaken: number
  readTwice: number
  changedArm: number
  never: number
  tooLate: number
}

interface Pending {
  readonly id: string
  readonly exposure: string
  readonly success: boolean
  readonly due: number
}

interface Shown {
  readonly state: string
  readonly units_committed: number
  readonly tests: readonly {
    readonly change_id: string
    readonly phase: string
    readonly verdict: string | null
    readonly ready: boolean
  }[]
}

export interface Started {
  readonly office: Office
  readonly name: string
  readonly storeId: string
  readonly experimentId: string
  readonly changes: readonly TestedChange[]
  /** Once promoted it turns to harm, and the holdback has to notice. */
  readonly turns: boolean
  readonly seed: number
}

/** One experiment in the workplace, from its first unit until it ended and its store was looked at. */
export class Trial {
  readonly changes: readonly TestedChange[]
  readonly turns: boolean
  readonly tally: Tally = {
    sent: 0,
    twice: 0,
    forged: 0,
    forgedTaken: 0,
    readTwice: 0,
    changedArm: 0,
    never: 0,
    tooLate: 0,
  }
  state = 'running'
  units = 0
  /** Units between the promotion and the end, of one that turned. */
  unitsAfter: number | null = null
  isOver = false
  equal: boolean | null = null
  /** Whether the store, after everything promoted was taken out of it, is what it was, to the byte. */
  restored: boolean | null = null
  readonly #given: Started
  readonly #random: () => number
  readonly #pending: Pending[] = []
  #at = 0
  #promotedAt: number | null = null
  #before = ''

  constructor(given: Started) {
    this.#given = given
    this.changes = given.changes
    this.turns = given.turns
    this.#random = seededRandom(given.seed)
  }

  async start(): Promise<void> {
    this.#before = await this.#readStore()
    const start = `/lucid/v1/experiments/${this.#given.experimentId}/start`
    await this.#given.office.ask('POST', start, { anyway: true, reason: 'new' })
  }

  /** One half hour: a session reads and works, and outcomes that are due are told. */
  async tick(): Promise<void> {
    const isWatched = this.#promotedAt !== null
    if (isWatched || this.#at < mostUnits) await this.#visit()
    this.#at += 1
    await this.#deliver()
  }

  async look(): Promise<void> {
    const shown = await this.#show()
    this.state = shown.state
    if (this.#promotedAt !== null) {
      const isDone = shown.state !== 'promoted' || this.#at - this.#promotedAt >= mostAfter
      if (!isDone) return
      this.unitsAfter = this.#at - this.#promotedAt
      return this.#finish()
    }
    this.units = shown.units_committed
    if (shown.state !== 'running') return this.#finish()
    const open = this.#testsOf(shown).filter(({ verdict }) => verdict === null)
    const isReady = open.length > 0 && open.every(({ ready }) => ready)
    if (!isReady && this.#at < mostUnits + spare) return
    await this.#promote(new Set(open.filter((one) => one.ready).map((one) => one.change_id)))
  }

  /** Approvals hold for two weeks; where they are older by then, the person who promotes approves anew. */
  async #promote(ready: ReadonlySet<string>): Promise<void> {
    const { office, experimentId } = this.#given
    const path = `/lucid/v1/experiments/${experimentId}/promote`
    const promote = () => office.ask<Shown>('POST', path, { reason: 'it is proven' })
    let shown: Shown
    try {
      shown = await promote()
    } catch (error) {
      if (!(error instanceof Refusal && error.code === 'approval_needed')) throw error
      for (const change of this.changes) if (ready.has(change.id)) await accept(office, change)
      shown = await promote()
    }
    this.state = shown.state
    this.#promotedAt = this.#at
    if (!this.turns) await this.#finish()
  }

  #testsOf = ({ tests }: Shown) => tests.filter(({ phase }) => phase === 'test')

  #show(): Promise<Shown> {
    return this.#given.office.ask('GET', `/lucid/v1/experiments/${this.#given.experimentId}`)
  }

  /** Every change's verdict; then whatever stands is taken back, and the store must be what it was. */
  async #finish(): Promise<void> {
    const { office, experimentId } = this.#given
    const tests = this.#testsOf(await this.#show())
    for (const change of this.changes) {
      change.verdict = tests.find((test) => test.change_id === change.id)?.verdict ?? null
    }
    const path = `/lucid/v1/experiments/${experimentId}/verify`
    this.equal = (await office.ask<{ equal: boolean }>('GET', path)).equal
    for (const { id, verdict } of this.changes) {
      if (verdict !== 'promote' || this.state === 'rolled_back') continue
      await office.ask('POST', `/lucid/v1/changes/${id}/roll_back`, {})
    }
    this.restored = (await this.#readStore()) === this.#before
    this.isOver = true
  }

  async #readStore(): Promise<string> {
    const { office, storeId } = this.#given
    const path = `/v1/memory_stores/${storeId}/memories?view=full`
    const { data } = await office.ask<{ data: { path: string; content: string }[] }>('GET', path)
    return JSON.stringify(data.map(({ path: where, content }) => [where, content]))
  }

  /** A session reads the memory and does its work; what came of it will be told, or not. */
  async #visit(): Promise<void> {
    const { tally } = this
    const { office } = this.#given
    const at = this.#at
    const read = await this.#read(at)
    if (at % 25 === 0) {
      const again = await office.ask<Delivered>('GET', read.path)
      tally.readTwice += 1
      tally.changedArm += again.content_hash === read.hash ? 0 : 1
    }
    const success = this.#random() < rates[read.type] + this.#effectOf(read.text)
    const fate = this.#random()
    if (fate < 0.08) tally.never += 1
    else {
      const isLate = fate < 0.12
      if (isLate) tally.tooLate += 1
      const due = office.now + (isLate ? 1.1 : this.#random() / 2) * day
      this.#pending.push({ id: read.unit, exposure: read.exposure, success, due })
    }
    if (at % 40 !== 7) return
    const id = `${read.unit}-forged`
    tally.forged += 1
    const status = await office.tell({ id, exposure: read.exposure, success: true, forged: true })
    if (status !== 401) tally.forgedTaken += 1
  }

  #effectOf(text: string): number {
    const isTurned = this.turns && this.#promotedAt !== null
    return this.changes
      .filter(({ marker }) => text.includes(marker))
      .reduce((sum, { effect }) => sum + (isTurned && effect > 0 ? turned : effect), 0)
  }

  async #deliver(): Promise<void> {
    const { office } = this.#given
    const due = this.#pending.filter((one) => one.due <= office.now)
    const left = this.#pending.filter((one) => one.due > office.now)
    this.#pending.splice(0, this.#pending.length, ...left)
    for (const one of due) {
      await office.tell(one)
      this.tally.sent += 1
      if (this.#random() >= 0.1) continue
      await office.tell(one)
      this.tally.twice += 1
    }
  }

  async #read(at: number) {
    const { office, name, storeId } = this.#given
    const unit = `${name}-u${at}`
    const type = taskTypes[at % taskTypes.length] as TaskType
    const query = `store=${storeId}&unit=${unit}&task_type=${type}&principal=p${at % 7}`
    const path = `/lucid/v1/checkout?${query}`
    const found = await office.ask<Delivered>('GET', path)
    const text = found.data.find((one) => one.path === notes)?.content ?? ''
    return { unit, type, path, text, exposure: found.exposure_id, hash: found.content_hash }
  }
}

/** A person's yes. A laid change has no transcripts behind it, which a critic holds against it. */
export async function accept(
  office: Office,
  { id, origin }: Pick<TestedChange, 'id' | 'origin'>,
): Promise<void> {
  const body = origin === 'dreamt' ? {} : { override: true, reason: 'simulated' }
  await office.ask('POST', `/lucid/v1/changes/${id}/accept`, body)
}

interface Delivered {
  readonly exposure_id: string
  readonly content_hash: string
  readonly data: readonly { readonly path: string; readonly content: string }[]
}
