import fc from 'fast-check'
import type { Opened } from '../src/cli/surroundings.ts'
import type { ChangeId, DreamId, MemoryStoreId } from '../src/core/ids.ts'
import { makeId } from '../src/core/ids.ts'
import { applyDueChanges } from '../src/pipeline/policies/apply-due.ts'
import { insertChanges, listChanges } from '../src/storage/changes.ts'
import { pinMemories } from '../src/storage/dream-memories.ts'
import { getDream, insertDream, updateDream } from '../src/storage/dreams.ts'
import { insertJudgements } from '../src/storage/judgements.ts'
import { openPanel } from '../src/storage/judging.ts'
import { insertMemory, updateMemory } from '../src/storage/memories.ts'
import { insertMemoryStore } from '../src/storage/memory-stores.ts'
import { openApi } from './_api.ts'
import { findBreach, rules, type Yes } from './_bypass-oracle.ts'
import { putPolicy } from './_policies.ts'

type Context = Opened['context']

const people = ['ann', 'ann-again', 'bob', 'cat', 'dan', 'eve', 'robot'] as const
type Name = (typeof people)[number]
/** What each key says of its holder. */
const holders = {
  ann: { owner: 'ann', roles: ['lead'] },
  'ann-again': { owner: 'ann', roles: ['lead'], groups: ['board-friends'] },
  bob: { owner: 'bob', roles: ['lead'] },
  cat: { owner: 'cat', roles: ['lead'], groups: ['board'] },
  dan: { owner: 'dan', groups: ['board'] },
  eve: { owner: 'eve' },
  robot: null,
} as const

type Op =
  | { readonly kind: 'accept' | 'edit' | 'roll_back' | 'restore'; who: Name; which: number }
  | { readonly kind: 'reject'; who: Name; which: number }
  | { readonly kind: 'apply' | 'bulk'; who: Name }
  | { readonly kind: 'policy'; readonly rule: string }
  | { readonly kind: 'wait'; readonly minutes: number }
  | { readonly kind: 'worker' }
  | { readonly kind: 'write'; readonly which: number }

const who = fc.constantFrom(...people)
const which = fc.nat(changesPerDream() - 1)

function changesPerDream(): number {
  return 3
}

const on = (kind: 'accept' | 'edit' | 'roll_back' | 'restore' | 'reject') =>
  fc.record({ kind: fc.constant(kind), who, which })

/** Mostly what leads to something applied, and everything that could be used to get around it. */
export const anyOp: fc.Arbitrary<Op> = fc.oneof(
  { weight: 8, arbitrary: on('accept') },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('apply', 'bulk'), who }) },
  { weight: 2, arbitrary: on('edit') },
  { weight: 1, arbitrary: on('reject') },
  { weight: 1, arbitrary: on('roll_back') },
  { weight: 2, arbitrary: on('restore') },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('policy'),
      rule: fc.constantFrom(...Object.keys(rules)),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('wait'),
      minutes: fc.constantFrom(5, 70, 130, 15 * 24 * 60),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('worker') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('write'), which }) },
)

export interface Scene {
  readonly context: Context
  /** The API as each of them calls it. */
  readonly apis: Readonly<Record<Name, ReturnType<typeof openApi>>>
  readonly time: { ms: number }
}

export async function openScene(
  context: Context,
  time: Scene['time'],
  makeKey: (holder: (typeof holders)[Name]) => Promise<string>,
): Promise<Scene> {
  const apis: Partial<Record<Name, ReturnType<typeof openApi>>> = {}
  for (const name of people) apis[name] = openApi(context, await makeKey(holders[name]))
  return { context, time, apis: apis as Scene['apis'] }
}

interface Outcome {
  readonly breaches: readonly string[]
  /** Changes that came to be applied, legally or not. */
  readonly applied: number
}

interface Known {
  readonly id: ChangeId
  status: string
  text: string
  proposedAt: number
  editor: string | null
  yeses: Yes[]
}

let runs = 0

/** Runs operations on a store and a dream of its own, and looks after each at what came to be applied. */
export async function runBypass(
  scene: Scene,
  { rule: first, ops }: { readonly rule: string; readonly ops: readonly Op[] },
): Promise<Outcome> {
  runs += 1
  let rule = first
  await putPolicy(scene.context, rules[rule]?.states ?? {})
  const { storeId, dreamId } = await makeProposals(scene, runs)
  const known = new Map<ChangeId, Known>()
  for (const { id, change } of await list(scene, dreamId)) {
    const now = scene.time.ms
    const text = change.after ?? ''
    known.set(id, { id, status: 'proposed', text, proposedAt: now, editor: null, yeses: [] })
  }
  const all = [...known.values()]
  const breaches: string[] = []
  let applied = 0
  for (const [at, op] of ops.entries()) {
    if (op.kind === 'policy') rule = op.rule
    const accepted = await perform(scene, op, { all, rule, storeId, dreamId })
    for (const one of accepted) {
      const person = 'who' in op ? (holders[op.who]?.owner ?? op.who) : ''
      one.yeses.push({ person, at: scene.time.ms, text: one.text, rule })
    }
    for (const { id, change, status } of await list(scene, dreamId)) {
      const one = known.get(id) as Known
      if (status === 'applied' && one.status !== 'applied') {
        applied += 1
        const actor = op.kind === 'worker' ? ('policy' as const) : ('person' as const)
        const breach = findBreach({ ...one, rule, now: scene.time.ms, actor })
        if (breach !== null) breaches.push(`${at}: ${JSON.stringify(op)}: ${breach}`)
      }
      one.status = status
      if (change.after !== one.text) {
        one.text = change.after ?? ''
        one.proposedAt = scene.time.ms
        one.editor = 'who' in op ? (holders[op.who]?.owner ?? op.who) : null
      }
    }
  }
  return { breaches, applied }
}

const list = ({ context }: Scene, dreamId: DreamId) =>
  context.database.read((reader) => listChanges(reader, dreamId))

interface Stage {
  readonly all: readonly Known[]
  readonly rule: string
  readonly storeId: MemoryStoreId
  readonly dreamId: DreamId
}

/** Which changes were said yes to. */
async function perform(scene: Scene, op: Op, stage: Stage): Promise<readonly Known[]> {
  const { context, time } = scene
  if (op.kind === 'policy') await putPolicy(context, rules[op.rule]?.states ?? {})
  else if (op.kind === 'wait') time.ms += op.minutes * 60_000
  else if (op.kind === 'worker') await applyDueChanges(context)
  else if (op.kind === 'write') await writeBeside(context, stage, op.which)
  else return call(scene, op, stage)
  return []
}

type Called = Extract<Op, { who: Name }>

async function call(
  { apis }: Scene,
  op: Called,
  { all, dreamId }: Stage,
): Promise<readonly Known[]> {
  const one = 'which' in op ? (all[op.which] ?? null) : null
  const path = one ? `changes/${one.id}` : `dreams/${dreamId}`
  const requests: Record<Called['kind'], readonly [string, object]> = {
    accept: ['accept', {}],
    edit: ['edit', { after: `- Worded anew, for the ${(one?.text.length ?? 0) % 7}th time.` }],
    reject: ['reject', { reason: 'no' }],
    roll_back: ['roll_back', {}],
    restore: ['roll_back', { restore: true }],
    apply: ['apply', {}],
    bulk: ['accept', { risk: 'low' }],
  }
  const [verb, body] = requests[op.kind]
  const response = await apis[op.who](`/lucid/v1/${path}/${verb}`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  })
  if (response.status >= 500) throw new Error(`${op.kind}: ${await response.text()}`)
  if (response.status !== 200) return []
  if (op.kind === 'accept') return one ? [one] : []
  if (op.kind !== 'bulk') return []
  const { data } = (await response.json()) as { data: { id: string }[] }
  return all.filter(({ id }) => data.some((each) => each.id === id))
}

const actor = { type: 'user', id: 'test' } as const

/** A store with one memory a change, and a dream that would add a line to each. */
export async function makeProposals({ context }: Scene, run: number) {
  const { hash, database } = context
  return database.write(actor, async (writer) => {
    const storeId = context.newId('memstore')
    await insertMemoryStore(writer, { id: storeId, name: `s${run}`, description: '', metadata: {} })
    const memories = []
    for (let index = 0; index < changesPerDream(); index += 1) {
      const content = `# Notes ${index}\n\n- A first line about things that stays.\n`
      memories.push(await insertMemory(writer, { storeId, path: `/n${index}.md`, content }))
    }
    const { id } = await insertDream(writer, {
      inputStoreId: storeId,
      inputsHash: hash(storeId),
      options: {},
    })
    await pinMemories(writer, id, storeId)
    await updateDream(writer, id, { status: 'completed', report: {} })
    const rows = memories.map((memory, index) => {
      const after = `- Number ${index} of what a dream proposes.`
      const start = memory.content.length
      return {
        id: makeId('chg', hash, [id, String(index)]),
        baseVersionId: memory.versionId,
        change: {
          key: `k${index}`,
          operation: 'add' as const,
          path: memory.path,
          baseSha256: memory.contentSha256,
          edits: [{ start, before: '', after: `${after}\n` }],
          leaves: 'content' as const,
          before: null,
          after,
          rationale: 'because',
          grade: 'C' as const,
          findingKeys: [],
          evidence: [],
          trust: { taint: 'operator' as const, quarantine: [] },
        },
      }
    })
    await insertChanges(writer, id, rows)
    const panel = await openPanel(writer, await getDream(writer, id), 'propose')
    for (const row of rows) {
      const stored = (await listChanges(writer, id)).find((one) => one.id === row.id)
      if (!stored) continue
      const judged = panel.judge(await panel.prepare(stored, { approvals: [] }))
      await insertJudgements(writer, [{ ...judged, changeId: row.id, round: 0 }])
    }
    await writer.audit({ action: 'dream.completed', objectType: 'dream', objectId: id })
    return { storeId, dreamId: id }
  })
}

/** Somebody writes into one of the memories past every review. */
async function writeBeside({ database }: Context, { storeId }: Stage, which: number) {
  await database.write(actor, async (writer) => {
    const found = await writer.read
      .selectFrom('memories')
      .select('id')
      .where('store_id', '=', storeId)
      .where('path', '=', `/n${which}.md`)
      .executeTakeFirstOrThrow()
    const content = `# Notes ${which}\n\nSomebody wrote this.\n`
    await updateMemory(writer, { id: found.id, content, expectedSha256: null })
    await writer.audit({ action: 'memory.modified', objectType: 'memory', objectId: found.id })
  })
}
