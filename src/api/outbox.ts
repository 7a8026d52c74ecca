import type { Outbox } from '../storage/webhook-deliveries.ts'
import type { ApiContext } from './context.ts'

/** What telling webhook endpoints needs of the server. */
export const toOutbox = ({ jobs, newId, clock }: ApiContext): Outbox => ({
  jobs,
  newId,
  now: clock(),
})
