import { z } from 'zod'
import type { Mapped, MappedSignal } from '../../core/receive/mapping.ts'

/** More than one delivery has to say. */
const mostSignals = 100
const mostSubjects = 50
/** A clock of a sender may be wrong by this much; a time further ahead would outlast every later truth. */
const aheadMs = 24 * 3_600_000

const line = (max: number) => z.string().min(1).max(max, `at most ${max} characters`)

const time = z.string().transform((text, refinement) => {
  const ms = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isFinite(ms)) return new Date(ms).toISOString()
  refinement.addIssue({ code: 'custom', message: 'not an RFC 3339 time' })
  return z.NEVER
})

/** One signal, as a mapping gives it. Unknown fields are refused: they are mistakes that nobody would see. */
const signal = z.strictObject({
  kind: line(64).regex(/^[a-z][a-z0-9_.-]*$/, 'lower-case letters, digits, _ . and -'),
  value: z.number().min(0, 'from 0 to 1').max(1, 'from 0 to 1').nullish(),
  success: z.boolean().nullish(),
  components: z
    .record(line(64), z.union([z.number(), z.string().max(500), z.boolean(), z.null()]))
    .refine((parts) => Object.keys(parts).length <= 50, 'at most 50 parts')
    .nullish(),
  decided_at: time.nullish(),
  principal: line(200).nullish(),
  subjects: z
    .array(z.strictObject({ type: line(64), value: line(300) }))
    .max(mostSubjects, `at most ${mostSubjects} subjects`)
    .nullish(),
  explanation: z.string().max(4_000, 'at most 4000 characters; use $substring').nullish(),
  session_id: line(128).nullish(),
  final: z.boolean().nullish(),
})

const ignored = z.strictObject({ ignored: z.string().min(1).max(500) })

/** What a mapping's result is worth: signals, a reason to have none, or why it is neither. */
export function judgeResult(json: string, receivedAt: number): Mapped {
  const result: unknown = JSON.parse(json)
  const list = (Array.isArray(result) ? result.flat(2) : [result]) as unknown[]
  if (list.length === 0) return { type: 'ignored', reason: 'the mapping gives nothing' }
  if (list.length > mostSignals) return failed(`${list.length} signals, at most ${mostSignals}`)
  const [first] = list
  const reason = list.length === 1 ? ignored.safeParse(first) : null
  if (reason?.success) return { type: 'ignored', reason: reason.data.ignored }
  const signals: MappedSignal[] = []
  for (const [index, one] of list.entries()) {
    const parsed = signal.safeParse(one)
    if (!parsed.success) return failed(`[${index}] ${explain(parsed.error)}`)
    if (Date.parse(parsed.data.decided_at ?? '') > receivedAt + aheadMs) {
      return failed(`[${index}] decided_at: more than a day after it came`)
    }
    signals.push(toSignal(parsed.data))
  }
  return { type: 'signals', signals }
}

const toSignal = (given: z.output<typeof signal>): MappedSignal => ({
  kind: given.kind,
  value: given.value ?? null,
  success: given.success ?? null,
  components: given.components ?? {},
  decidedAt: given.decided_at ?? null,
  principal: given.principal ?? null,
  subjects: given.subjects ?? [],
  explanation: given.explanation ?? null,
  sessionId: given.session_id ?? null,
  final: given.final ?? null,
})

const failed = (why: string): Mapped => ({ type: 'failed', reason: `result: ${why}` })

const explain = ({ issues }: z.core.$ZodError) =>
  issues
    .slice(0, 3)
    .map(({ path, message }) => `${path.map(String).join('.') || 'it'}: ${message}`)
    .join('; ')
    .slice(0, 500)
