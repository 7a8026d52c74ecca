import { hostname } from 'node:os'
import { pino } from 'pino'
import { openEmbedded } from '../../src/app.ts'
import type { Opened } from '../../src/cli/surroundings.ts'
import type { DreamId } from '../../src/core/ids.ts'
import { dream } from '../../src/pipeline/dream.ts'
import { importPaths } from '../../src/pipeline/import.ts'
import { readMemoryFolder } from '../../src/pipeline/memory-folder.ts'
import { mirrorFolder } from '../../src/pipeline/memory-store.ts'
import { workUntilEnded } from '../../src/pipeline/worker.ts'
import { applyPlan, planApply } from '../../src/storage/apply-changes.ts'
import { listChanges } from '../../src/storage/changes.ts'
import type { Reader } from '../../src/storage/database.ts'
import { listDreams } from '../../src/storage/dreams.ts'
import { createDream } from '../../src/storage/new-dream.ts'
import { acceptChange } from '../../src/storage/review-changes.ts'
import { planRollBack, writeRollBack } from '../../src/storage/roll-back.ts'
import { type Kill, killAtWrite } from './_killing-database.ts'

type Context = Opened['context']
export type Scenario = (context: Context, given: Readonly<Record<string, string>>) => Promise<void>

const actor = { type: 'user', id: 'test' } as const
const quiet = () => {}

/** What may be cut off at any write and done again; each is safe to run on what an earlier run left. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  async import(context, { transcripts = '' }) {
    const result = await importPaths(context, [transcripts], quiet)
    if (result.totals.failedFiles > 0) throw new Error('a file failed')
  },
  async dream(context, { memory = '' }) {
    const folder = await readMemoryFolder(memory, context.hash)
    const storeId = await mirrorFolder(context, folder, actor)
    await dream(context, { storeId, filter: {}, actor }, quiet)
  },
  async publish(context, { memory = '' }) {
    const { id } = await orderOnce(context, memory)
    await workUntilEnded(context, id, quiet)
  },
  /** Everything that the newest dream proposes is accepted and applied. */
  async apply(context) {
    const dreamId = await newestDream(context)
    for (const { id, status } of await changesOf(context, dreamId)) {
      if (status !== 'proposed') continue
      const acceptance = { reason: 'seen', overrules: true, changeHash: null, expiresAt: null }
      await context.database.write(actor, (writer) => acceptChange(writer, id, acceptance))
    }
    const open = (await changesOf(context, dreamId)).some(({ status }) => status === 'accepted')
    if (!open) return
    await context.database.write(actor, async (writer) =>
      applyPlan(writer, await planApply(writer, dreamId)),
    )
  },
  async roll_back(context) {
    const dreamId = await newestDream(context)
    const applied = (await changesOf(context, dreamId)).filter(({ status }) => status === 'applied')
    if (applied.length === 0) return
    await context.database.write(actor, async (writer) => {
      const ids = applied.map(({ id }) => id)
      const order = { ids, kind: 'roll_back', cascade: 'refuse' } as const
      await writeRollBack(writer, await planRollBack(writer, order))
    })
  },
}

const newestDream = (context: Context) =>
  context.database.read(async (reader) => (await findNewest(reader)).id)

async function findNewest(reader: Reader) {
  const [newest] = await listDreams(reader, { limit: 1 })
  if (!newest) throw new Error('There is no dream.')
  return newest
}

const changesOf = (context: Context, id: DreamId) =>
  context.database.read((reader) => listChanges(reader, id))

/** As a client does that looks whether its request went through before it repeats it. */
async function orderOnce(context: Context, memory: string) {
  const list = (reader: Reader) => listDreams(reader, { limit: 1 })
  const [known] = await context.database.read(list)
  if (known) return known
  const folder = await readMemoryFolder(memory, context.hash)
  const storeId = await mirrorFolder(context, folder, actor)
  return context.database.write(actor, (writer) =>
    createDream(writer, context, {
      storeId,
      sessions: { choice: {} },
      model: 'lucidream-builtin',
      instructions: null,
      outputBehavior: 'update_existing',
      origin: 'api',
    }),
  )
}

/** The time stands still, so that rows of a run that was cut off equal those of one that was not. */
const clock = () => Date.parse('2026-11-25T08:00:00Z')

/** Opens a data folder whose process will die at a write. */
export async function runScenario(
  name: string,
  data: string,
  { kill, given }: { readonly kill: Kill; readonly given: Readonly<Record<string, string>> },
): Promise<void> {
  const opened = await openEmbedded({
    dataDirectory: data,
    secrets: { maskKey: 'the key that tests use', secretKey: null, bootstrapKey: null },
    log: pino({ level: 'silent' }),
    clock,
    signal: new AbortController().signal,
  })
  // Each process is another owner though the time stands still.
  const context = {
    ...opened.context,
    database: killAtWrite(opened.context.database, kill),
    owner: `${hostname()}:${process.pid}:${process.hrtime.bigint()}`,
  }
  const scenario = scenarios[name]
  if (!scenario) throw new Error(`There is no scenario ${name}.`)
  await scenario(context, given)
  await opened.close()
}

const [, script, name, data, rest] = process.argv
if (script === import.meta.filename && name !== undefined && data !== undefined) {
  await runScenario(name, data, JSON.parse(rest ?? '{}'))
}
