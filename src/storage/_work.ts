import { importer, note } from './_rows.ts'
import type { Database } from './database.ts'
import type { Jobs } from './jobs.ts'

/** Does every job there is, the work being one audit record, and waits for those that others hold. */
export async function workOff(
  { database, jobs }: { readonly database: Database; readonly jobs: Jobs },
  leaseMs: number,
  onDone: (id: string) => void = () => {},
): Promise<string[]> {
  const done: string[] = []
  const { signal } = new AbortController()
  for (;;) {
    const job = await jobs.claim({ owner: `worker ${process.pid}`, leaseMs })
    if (job) {
      const settled = await database
        .write(importer, async (writer) => {
          await note(writer, job.id)
          await jobs.settle(writer, { id: job.id, attempt: job.attempt, state: 'done' })
        })
        .then(
          () => true,
          (error: { code?: string }) => {
            if (error.code === 'lease_lost') return false
            throw error
          },
        )
      if (!settled) continue
      done.push(job.id)
      onDone(job.id)
      continue
    }
    const open = await database.read((reader) =>
      jobs.list(reader, { states: ['queued', 'running'], limit: 1 }),
    )
    if (open.length === 0) return done
    await jobs.waitForWork(50, signal)
  }
}
