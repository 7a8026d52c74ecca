import type { ExperimentId, MemoryStoreId } from '../src/core/ids.ts'
import type { JsonObject } from '../src/core/session.ts'
import { makeArms } from '../src/storage/bound-arms.ts'
import { getChange } from '../src/storage/changes.ts'
import type { Writer } from '../src/storage/database.ts'
import { type Line, layChanges } from './_changes.ts'
import type { TestServer } from './_server.ts'

export interface RunningExperiment {
  readonly id: ExperimentId
  readonly set: (columns: JsonObject) => Promise<void>
}

interface Wanted {
  readonly storeId: string
  readonly unit?: 'session' | 'actor' | 'workspace' | 'block'
  readonly stage?: number
  /** Each appends a line to a memory of the store. */
  readonly changes: readonly Line[]
}

const actor = { type: 'user', id: 'test' } as const

/** An experiment as it is while it runs, laid into the tables as they are. */
export async function runExperiment(
  server: TestServer,
  wanted: Wanted,
): Promise<RunningExperiment> {
  const { database, newId, keyring } = server.context
  const storeId = wanted.storeId as MemoryStoreId
  const id = newId('exp')
  const write = (work: (writer: Writer) => Promise<unknown>) =>
    database.write(actor, async (writer) => {
      await work(writer)
      await writer.audit({ action: 'experiment.started', objectType: 'experiment', objectId: id })
    })
  await write(async (writer) => {
    const snapshot = newId('msnap')
    const changeIds = await layChanges(writer, { storeId, lines: wanted.changes, newId })
    await writer.write
      .insertInto('experiments')
      .values({
        id,
        store_id: storeId,
        name: 'test',
        state: 'running',
        unit: wanted.unit ?? 'session',
        salt: keyring.seal('experiment', 'the salt that tests use'),
        settings: JSON.stringify({ deadlines: { standardMs: 86_400_000, byTaskType: {} } }),
        incumbent_snapshot_id: null,
        stage: wanted.stage ?? 2,
        verdict: null,
        created_by_type: 'user',
        created_by_id: 'test',
        created_at: writer.at,
        started_at: writer.at,
        ended_at: null,
      })
      .execute()
    for (const [ordinal, change_id] of changeIds.entries()) {
      const row = { experiment_id: id, ordinal, change_id, change_hash: writer.hash(change_id) }
      await writer.write.insertInto('experiment_changes').values(row).execute()
    }
    const changes = []
    for (const changeId of changeIds) changes.push(await getChange(writer, changeId))
    await makeArms(writer, { id, storeId, name: 'test' }, { changes, snapshotId: snapshot })
    await writer.write
      .updateTable('experiments')
      .set({ incumbent_snapshot_id: snapshot })
      .where('id', '=', id)
      .execute()
  })
  return {
    id,
    set: (columns) =>
      write((writer) =>
        writer.write.updateTable('experiments').set(columns).where('id', '=', id).execute(),
      ),
  }
}
