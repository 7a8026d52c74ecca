import type { Outbox } from '../storage/webhook-deliveries.ts'
import type { Context } from './context.ts'

/** What telling others needs of the worker, as of now. */
export const toOutbox = ({
  jobs,
  newId,
  clock,
}: Pick<Context, 'jobs' | 'newId' | 'clock'>): Outbox => ({ jobs, newId, now: clock() })
