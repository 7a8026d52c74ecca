import { toTimestamp } from '../../core/clock.ts'
import { DomainError } from '../../core/errors.ts'
import type { ChangeId, DreamId } from '../../core/ids.ts'
import { type ApplyPlan, applyPlan, planApply } from '../../storage/apply-changes.ts'
import type { Writer } from '../../storage/database.ts'
import { listDueChanges, updateDue } from '../../storage/due-changes.ts'
import type { Context } from '../context.ts'

/** Acts where a policy lets a change go by itself; the audit log names it. */
const actor = { type: 'service_account', id: 'policy' } as const
/** After so long a change that only the hour holds back is tried again. */
const againMs = 5 * 60_000

/** Applies what the policies let through without anybody, as soon as its time has come. */
export async function applyDueChanges(context: Context): Promise<void> {
  const { database, clock } = context
  const due = await database.read((reader) => listDueChanges(reader, toTimestamp(clock())))
  for (const [dreamId, ids] of due) {
    await database.write(actor, (writer) => applyOf(writer, context, { dreamId, ids }))
  }
}

async function applyOf(
  writer: Writer,
  context: Context,
  { dreamId, ids }: { readonly dreamId: DreamId; readonly ids: readonly ChangeId[] },
): Promise<void> {
  const waiting = new Map<ChangeId, string>()
  const reasons = new Map<ChangeId, string>()
  let plan: ApplyPlan | null = null
  try {
    // Rows may have moved since they were listed.
    const now = await listDueChanges(writer, writer.at)
    const still = (now.get(dreamId) ?? []).filter((id) => ids.includes(id))
    if (still.length === 0) return
    plan = await planApply(writer, dreamId, { status: 'proposed', ids: new Set(still) })
    for (const { change, reason, kind } of plan.waiting) {
      // The hour passes by itself; what has to be proven waits for somebody who tries it.
      if (kind === 'unproven') reasons.set(change.id, reason)
      else waiting.set(change.id, reason)
    }
    for (const { change, reason } of plan.returned) reasons.set(change.id, reason)
  } catch (error) {
    // A person has to look: nothing of the plan was written.
    if (!(error instanceof DomainError && refusals.has(error.code))) throw error
    for (const id of ids) reasons.set(id, error.message)
  }
  if (plan) await applyPlan(writer, context, plan)
  const again = toTimestamp(Date.parse(writer.at) + againMs)
  for (const [id, reason] of waiting) await updateDue(writer, id, { dueAt: again, reason })
  for (const [id, reason] of reasons) await updateDue(writer, id, { dueAt: null, reason })
  if (reasons.size === 0) return
  await writer.audit({ action: 'change.postponed', objectType: 'dream', objectId: dreamId })
}

const refusals: ReadonlySet<DomainError['code']> = new Set(['conflict', 'policy_denied'])
