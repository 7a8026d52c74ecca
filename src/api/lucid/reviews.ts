import { changePath } from '../../contract/lucid/changes.ts'
import { dreamPath } from '../../contract/lucid/findings.ts'
import {
  acceptBody,
  acceptedChanges,
  appliedDream,
  applyBody,
  bulkAcceptBody,
  editBody,
  rejectBody,
  reviewedChange,
  rollBackBody,
  rolledBack,
} from '../../contract/lucid/reviews.ts'
import { type Caller, mayCall } from '../../core/access.ts'
import { toTimestamp } from '../../core/clock.ts'
import { DomainError } from '../../core/errors.ts'
import type { ChangeId, DreamId } from '../../core/ids.ts'
import { presentChange } from '../../core/present/change.ts'
import { applyPlan, planApply } from '../../storage/apply-changes.ts'
import { listChanges, type StoredChange } from '../../storage/changes.ts'
import type { Reader } from '../../storage/database.ts'
import { getDream } from '../../storage/dreams.ts'
import { readJudged } from '../../storage/judged-changes.ts'
import {
  acceptChange,
  acceptLowRisk,
  editStoredChange,
  rejectChange,
} from '../../storage/review-changes.ts'
import { planRollBack, type RollBackOrder, writeRollBack } from '../../storage/roll-back.ts'
import { presentApply, presentRollBack } from '../../storage/written-changes.ts'
import type { ApiContext } from '../context.ts'
import { defineEndpoint } from '../endpoint.ts'

const family = 'lucid'
const scopes = ['review'] as const

export const reviewEndpoints = [
  defineEndpoint({
    method: 'POST',
    path: '/lucid/v1/changes/{change_id}/accept',
    family,
    scopes,
    summary: 'Approves one change as it is now; void as soon as any byte of it differs.',
    params: changePath,
    body: acceptBody,
    response: reviewedChange,
    async handle({ context, actor, params, body }) {
      return context.database.write(actor, async (writer) => {
        const accepted = await acceptChange(writer, context, {
          id: params.change_id as ChangeId,
          reason: body.reason ?? null,
          overrules: body.override,
          bypasses: body.bypass,
          changeHash: body.change_hash ?? null,
          expiresAt: body.expires_at == null ? null : new Date(body.expires_at).toISOString(),
        })
        return present(writer, accepted, context)
      })
    },
  }),
  defineEndpoint({
    method: 'POST',
    path: '/lucid/v1/changes/{change_id}/reject',
    family,
    scopes,
    summary: 'Rejects one change with the reason; it does not come back on the same evidence.',
    params: changePath,
    body: rejectBody,
    response: reviewedChange,
    async handle({ context, actor, params, body }) {
      return context.database.write(actor, async (writer) =>
        present(
          writer,
          await rejectChange(writer, context, {
            id: params.change_id as ChangeId,
            reason: body.reason,
          }),
          context,
        ),
      )
    },
  }),
  defineEndpoint({
    method: 'POST',
    path: '/lucid/v1/changes/{change_id}/edit',
    family,
    scopes,
    summary: 'Puts another text in the place of the proposed one; it is judged anew.',
    params: changePath,
    body: editBody,
    response: reviewedChange,
    async handle({ context, actor, params, body }) {
      const edit = { after: body.after, reason: body.reason ?? null }
      return context.database.write(actor, async (writer) =>
        present(
          writer,
          await editStoredChange(writer, params.change_id as ChangeId, edit),
          context,
        ),
      )
    },
  }),
  defineEndpoint({
    method: 'POST',
    path: '/lucid/v1/dreams/{dream_id}/accept',
    family,
    scopes,
    summary: 'Approves several changes of low risk at once, all or none.',
    params: dreamPath,
    body: bulkAcceptBody,
    response: acceptedChanges,
    async handle({ context, actor, params, body }) {
      return context.database.write(actor, async (writer) => {
        const accepted = await acceptLowRisk(writer, context, {
          dreamId: params.dream_id as DreamId,
          ids: (body.change_ids as ChangeId[] | undefined) ?? null,
          reason: body.reason ?? null,
        })
        const data = []
        for (const one of accepted) data.push(await present(writer, one, context))
        return { data }
      })
    },
  }),
  defineEndpoint({
    method: 'POST',
    path: '/lucid/v1/dreams/{dream_id}/apply',
    family,
    scopes,
    summary: 'Writes all accepted changes of a dream into the store it read, in one write.',
    params: dreamPath,
    body: applyBody,
    response: appliedDream,
    async handle({ context, caller, actor, params, body }) {
      refuseReading(caller)
      const id = params.dream_id as DreamId
      if (body.dry_run) {
        const plan = await context.database.read((reader) => planApply(at(reader, context), id))
        return presentApply(plan, plan.groups, 'dry_run')
      }
      const done = await context.database.write(actor, async (writer) => {
        const plan = await planApply(writer, id)
        return presentApply(plan, await applyPlan(writer, context, plan), 'done')
      })
      // What went back to review is stored all the same.
      if (done.writes.length === 0) throw nothingApplied(done)
      return done
    },
  }),
  defineEndpoint({
    method: 'POST',
    path: '/lucid/v1/changes/{change_id}/roll_back',
    family,
    scopes,
    summary: 'Takes an applied change back by a new version, or restores one that was taken back.',
    params: changePath,
    body: rollBackBody,
    response: rolledBack,
    async handle({ context, caller, actor, params, body }) {
      refuseReading(caller)
      const choose = async () => [params.change_id as ChangeId]
      return rollBack(context, actor, { choose, body })
    },
  }),
  defineEndpoint({
    method: 'POST',
    path: '/lucid/v1/dreams/{dream_id}/roll_back',
    family,
    scopes,
    summary: 'Takes every applied change of a dream back by new versions, or restores them.',
    params: dreamPath,
    body: rollBackBody,
    response: rolledBack,
    async handle({ context, caller, actor, params, body }) {
      refuseReading(caller)
      const choose = (reader: Reader) =>
        listMoving(reader, params.dream_id as DreamId, body.restore)
      return rollBack(context, actor, { choose, body })
    },
  }),
]

interface RollBackCall {
  readonly choose: (reader: Reader) => Promise<ChangeId[]>
  readonly body: { readonly dry_run: boolean; readonly cascade: boolean; readonly restore: boolean }
}

async function rollBack(
  context: ApiContext,
  actor: Parameters<ApiContext['database']['write']>[0],
  { choose, body }: RollBackCall,
) {
  const { hash } = context
  const order = (ids: readonly ChangeId[]): RollBackOrder => ({
    ids,
    kind: body.restore ? 'restore' : 'roll_back',
    cascade: body.cascade ? 'take_along' : 'refuse',
  })
  if (body.dry_run) {
    const plan = await context.database.read(async (reader) =>
      planRollBack(at(reader, context), order(await choose(reader))),
    )
    return presentRollBack(plan, plan.steps, { mode: 'dry_run', hash })
  }
  return context.database.write(actor, async (writer) => {
    const plan = await planRollBack(writer, order(await choose(writer)))
    const done = await writeRollBack(writer, context, plan)
    return presentRollBack(plan, done, { mode: 'done', hash })
  })
}

async function listMoving(reader: Reader, id: DreamId, restore: boolean): Promise<ChangeId[]> {
  await getDream(reader, id)
  const wanted = restore ? 'rolled_back' : 'applied'
  const found = (await listChanges(reader, id)).filter(({ status }) => status === wanted)
  if (found.length > 0) return found.map((one) => one.id)
  throw new DomainError(
    'conflict',
    `Dream ${id} has no change that ${restore ? 'was rolled back' : 'is applied'}: nothing was changed.`,
  )
}

const at = (reader: Reader, { hash, clock }: ApiContext) => ({
  ...reader,
  hash,
  at: toTimestamp(clock()),
})

const present = async (reader: Reader, stored: StoredChange, context: ApiContext) => ({
  type: 'change' as const,
  ...presentChange(stored, context.hash),
  ...(await readJudged(at(reader, context), stored)),
})

function refuseReading(caller: Caller): void {
  if (mayCall(caller, ['memory:write'])) return
  throw new DomainError(
    'forbidden',
    'Applying and rolling back write into the memory store: this key needs the scope memory:write beside review.',
  )
}

interface Unwritten {
  readonly returned: readonly { readonly change_id: string; readonly reason: string }[]
  readonly waiting: readonly { readonly change_id: string; readonly reason: string }[]
}

function nothingApplied({ returned, waiting }: Unwritten): DomainError {
  const all = [...returned, ...waiting].map(({ change_id, reason }) => `${change_id}: ${reason}`)
  const why = all.slice(0, 5).join('. ')
  if (returned.length === 0) {
    return new DomainError(
      'policy_denied',
      `Nothing was applied; the accepted changes stay accepted. ${why}.`,
      { details: { error_code: 'not_now' } },
    )
  }
  return new DomainError(
    'conflict',
    `Nothing was applied; every accepted change went back to review. ${why}.`,
    { details: { error_code: 'nothing_applied' } },
  )
}
