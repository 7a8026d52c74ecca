import { z } from 'zod'

const sessionSummary = z.object({
  id: z.string(),
  key: z.string(),
  format: z.string(),
  agent: z.object({
    name: z.string(),
    version: z.string().nullable(),
    model: z.string().nullable(),
  }),
  task_type: z.string().nullable(),
  task_id: z.string().nullable(),
  title: z.string().nullable(),
  status: z.enum(['idle', 'running', 'rescheduling', 'terminated']),
  started_at: z.string().nullable(),
  ended_at: z.string().nullable(),
  events: z.int(),
  outcome: z.enum(['success', 'failure', 'undecided']),
})

/** `lucidream sessions --json` */
export const sessionsDocument = z.object({
  version: z.literal(1),
  kind: z.literal('sessions'),
  total: z.int(),
  data: z.array(sessionSummary),
})
export type SessionsDocument = z.infer<typeof sessionsDocument>

/** `lucidream sessions show ID --json` */
export const sessionDocument = z.object({
  version: z.literal(1),
  kind: z.literal('session'),
  session: sessionSummary,
  /** In the wire's shape: id, type, processed_at and what the type has. */
  events: z.array(z.looseObject({ id: z.string(), type: z.string() })),
})
export type SessionDocument = z.infer<typeof sessionDocument>
