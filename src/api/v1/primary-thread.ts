import { type Hash, makeId, type SessionId, type ThreadId } from '../../core/ids.ts'

/** The primary thread has no row: its id follows from its session's. */
export const nameThread = (hash: Hash, id: SessionId): ThreadId => makeId('sthr', hash, [id])
