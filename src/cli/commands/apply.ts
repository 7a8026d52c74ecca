import type { ApplyDocument, RollBackDocument } from '../../contract/review.ts'
import { toTimestamp } from '../../core/clock.ts'
import { DomainError } from '../../core/errors.ts'
import type { ChangeId, DreamId } from '../../core/ids.ts'
import { planFolderWrites, writeFolder } from '../../pipeline/folder-writes.ts'
import { refreshPolicies } from '../../pipeline/policies/refresh.ts'
import { applyPlan, planApply } from '../../storage/apply-changes.ts'
import { listChanges } from '../../storage/changes.ts'
import type { Reader } from '../../storage/database.ts'
import { planRollBack, type RollBackOrder, writeRollBack } from '../../storage/roll-back.ts'
import { presentApply, presentRollBack } from '../../storage/written-changes.ts'
import { exitCodes } from '../exit-codes.ts'
import { type GlobalOptions, type Invocation, withData } from '../invocation.ts'
import { findNamedDream } from '../latest-dream.ts'
import type { Opened } from '../surroundings.ts'
import { showForeign } from '../text.ts'
import { findChange, person } from './review.ts'

export interface ApplyOptions extends GlobalOptions {
  readonly dream?: string
  readonly dryRun?: boolean
  /** The folder that the dream read: its files are written too. */
  readonly to?: string
}

export function runApply(invocation: Invocation, options: ApplyOptions): Promise<number> {
  return withData(invocation, options, async ({ context }) => {
    await refreshPolicies(context)
    const { id } = await context.database.read((reader) => findNamedDream(reader, options.dream))
    const folder = options.to
    if (folder !== undefined) await planFiles(context, { folder, dreamId: id })
    const { type: _, ...applied } =
      options.dryRun === true ? await tryApply(context, id) : await apply(context, id, options)
    const files =
      folder === undefined || options.dryRun === true
        ? []
        : await writeFolder(await planFiles(context, { folder, dreamId: id }))
    if (applied.writes.length === 0 && files.length === 0) throw nothing(applied)
    const document: ApplyDocument = { version: 1, kind: 'apply', ...applied, files }
    invocation.print(document, () => [
      ...applied.writes.map(describeWrite),
      ...applied.returned.map(
        ({ change_id, reason }) => `back to review: ${change_id}: ${showForeign(reason)}`,
      ),
      ...applied.waiting.map(
        ({ change_id, reason }) => `not now: ${change_id}: ${showForeign(reason)}`,
      ),
      ...files.map((file) => `wrote ${showForeign(file)}`),
    ])
    return applied.returned.length + applied.waiting.length === 0 ? exitCodes.ok : exitCodes.partial
  })
}

type Context = Opened['context']

const planFiles = (
  { database, hash }: Context,
  given: { readonly folder: string; readonly dreamId: DreamId },
) => database.read((reader) => planFolderWrites(reader, { ...given, hash }))

const tryApply = ({ database, hash, clock }: Context, id: DreamId) =>
  database.read(async (reader) => {
    const plan = await planApply({ ...reader, hash, at: toTimestamp(clock()) }, id)
    return presentApply(plan, plan.groups, 'dry_run')
  })

/** With a folder a second run may find everything applied and only the files missing. */
async function apply(context: Context, id: DreamId, { to }: ApplyOptions) {
  return context.database.write(person, async (writer) => {
    const isDone =
      to !== undefined &&
      !(await listChanges(writer, id)).some(({ status }) => status === 'accepted')
    const plan = isDone
      ? {
          dream: await findNamedDream(writer, id),
          groups: [],
          returned: [],
          waiting: [],
          judged: [],
        }
      : await planApply(writer, id)
    return presentApply(plan, await applyPlan(writer, context, plan), 'done')
  })
}

type Applied = Pick<ReturnType<typeof presentApply>, 'returned' | 'waiting'>

function nothing({ returned, waiting }: Applied): DomainError {
  const why = [...returned, ...waiting]
    .map(({ change_id, reason }) => ` ${change_id}: ${reason}.`)
    .join('')
  return new DomainError(
    returned.length === 0 && waiting.length > 0 ? 'policy_denied' : 'conflict',
    `Nothing was applied.${why || ' No change is accepted, and every file is up to date.'}`,
  )
}

export interface RollBackOptions extends GlobalOptions {
  readonly dryRun?: boolean
  readonly cascade?: boolean
  readonly restore?: boolean
}

/** Of one change, or of all changes of a dream. */
export function runRollBack(
  invocation: Invocation,
  id: string,
  options: RollBackOptions,
): Promise<number> {
  return withData(invocation, options, async ({ context }) => {
    const { database, hash, clock } = context
    await refreshPolicies(context)
    const plan = async (reader: Reader) =>
      planRollBack(
        { ...reader, hash, at: toTimestamp(clock()) },
        await orderFor(reader, id, options),
      )
    const {
      type: _,
      kind,
      ...done
    } = options.dryRun === true
      ? await database.read(async (reader) => {
          const planned = await plan(reader)
          return presentRollBack(planned, planned.steps, { mode: 'dry_run', hash })
        })
      : await database.write(person, async (writer) => {
          const planned = await plan(writer)
          return presentRollBack(planned, await writeRollBack(writer, context, planned), {
            mode: 'done',
            hash,
          })
        })
    const document: RollBackDocument = { version: 1, kind: 'rollback', operation: kind, ...done }
    invocation.print(document, () => [
      ...done.writes.map(describeWrite),
      ...done.also_changes.map((one) => `along with it: ${one}`),
      ...done.also_versions.map(
        (one) => `along with it: ${one.id} by ${one.actor.type} ${showForeign(one.actor.id)}`,
      ),
    ])
    return exitCodes.ok
  })
}

async function orderFor(
  reader: Reader,
  id: string,
  { cascade, restore }: RollBackOptions,
): Promise<RollBackOrder> {
  return {
    ids: await listMoving(reader, id, restore === true ? 'rolled_back' : 'applied'),
    kind: restore === true ? 'restore' : 'roll_back',
    cascade: cascade === true ? 'take_along' : 'refuse',
  }
}

async function listMoving(
  reader: Reader,
  id: string,
  wanted: 'applied' | 'rolled_back',
): Promise<ChangeId[]> {
  if (!id.startsWith('drm')) return [(await findChange(reader, id, undefined)).id]
  const dream = await findNamedDream(reader, id)
  const found = (await listChanges(reader, dream.id)).filter(({ status }) => status === wanted)
  if (found.length > 0) return found.map((one) => one.id)
  throw new DomainError(
    'conflict',
    `Dream ${dream.id} has no change that is ${wanted.replace('_', ' ')}: nothing was changed.`,
  )
}

const describeWrite = (one: {
  readonly how: string
  readonly path: string
  readonly version_after: string | null
  readonly change_ids: readonly string[]
}) =>
  `${one.how} ${showForeign(one.path)}${one.version_after === null ? '' : ` as ${one.version_after}`} (${one.change_ids.length} changes)`
