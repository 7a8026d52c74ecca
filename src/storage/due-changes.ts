import type { ChangeId, DreamId } from '../core/ids.ts'
import type { Reader, Writer } from './database.ts'

/** Changes that are due at a time are taken up so many at once. */
const mostAtOnce = 200

/** Proposals that go by themselves and whose time has come, by dream, those that waited longest first. */
export async function listDueChanges(
  reader: Reader,
  at: string,
): Promise<ReadonlyMap<DreamId, readonly ChangeId[]>> {
  const rows = await reader.read
    .selectFrom('changes')
    .select(['id', 'dream_id'])
    .where('due_at', 'is not', null)
    .where('due_at', '<=', at)
    .where('status', '=', 'proposed')
    .orderBy('due_at')
    .orderBy('id')
    .limit(mostAtOnce)
    .execute()
  const byDream = Map.groupBy(rows, (row) => row.dream_id)
  return new Map([...byDream].map(([id, found]) => [id, found.map((row) => row.id)]))
}

/** Null: never again by itself. */
export async function updateDue(
  writer: Writer,
  id: ChangeId,
  { dueAt, reason }: { readonly dueAt: string | null; readonly reason: string },
): Promise<void> {
  await writer.write
    .updateTable('changes')
    .set({ due_at: dueAt, status_reason: reason })
    .where('id', '=', id)
    .where('status', '=', 'proposed')
    .execute()
}
