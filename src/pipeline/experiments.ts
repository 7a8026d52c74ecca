import { toTimestamp } from '../core/clock.ts'
import { DomainError } from '../core/errors.ts'
import { freezeGraders, type Grading, gradingsOf } from '../core/experiment/graders.ts'
import { judgeHeard, takeUnits } from '../core/experiment/turn.ts'
import type { UnitPart } from '../core/experiment/unit-outcome.ts'
import type { ExperimentId } from '../core/ids.ts'
import { getChange } from '../storage/changes.ts'
import type { Writer } from '../storage/database.ts'
import { actorOf, endExperiment, endHoldback } from '../storage/end-experiment.ts'
import {
  type ExperimentUnit,
  listExperimentUnits,
  listLateUnits,
} from '../storage/experiment-commits.ts'
import { listFrozenGraders } from '../storage/experiment-decisions.ts'
import { mayGoUnattended } from '../storage/experiment-limits.ts'
import { findHardStopSignal, listUnitParts } from '../storage/experiment-signals.ts'
import {
  findDisturbance,
  isTurnTaken,
  judgeWatched,
  readStandings,
  refuseOvertaken,
  type Standings,
  storeTurn,
  type Turned,
} from '../storage/experiment-turn.ts'
import {
  type Experiment,
  getExperiment,
  isProven,
  isReady,
  isTried,
  listOpenIds,
} from '../storage/experiments.ts'
import type { Job } from '../storage/jobs.ts'
import {
  promoteExperiment,
  promoteOrSendBack,
  rollExperimentBack,
} from '../storage/promote-experiment.ts'
import { toOutbox } from '../storage/webhook-deliveries.ts'
import type { Context } from './context.ts'
import { hearUnit, turningOf } from './heard-units.ts'
import { leaveEachOut } from './leave-one-out.ts'
import { orderCollections } from './overlays.ts'

/** Units of one write. */
const mostAtOnce = 200
/** Clocks of several machines may differ; by this much they never do. */
const clockLeeway = 86_400_000

/** Commits what can be committed of every open experiment. One that fails holds up none of the others. */
export async function commitExperiments(context: Context): Promise<void> {
  const failures: unknown[] = []
  for (const id of await context.database.read(listOpenIds)) {
    if (context.signal.aborted) break
    await commitExperiment(context, id).catch((error: unknown) => failures.push(error))
  }
  await orderCollections(context)
  if (failures.length > 0) throw failures[0]
}

/** The job of one experiment about which something arrived. */
export async function runRound(context: Context, { id, attempt, payload }: Job): Promise<void> {
  const experimentId = payload.experiment_id as ExperimentId
  await commitExperiment(context, experimentId)
  await orderCollections(context, experimentId)
  await context.database.scratch((scratch) =>
    context.jobs.settle(scratch, { id, attempt, state: 'done' }),
  )
}

/** Commits what can be committed of one experiment, and acts on what that says. */
async function commitExperiment(context: Context, id: ExperimentId): Promise<void> {
  while (!context.signal.aborted && (await takeTurn(context, id)));
  await leaveEachOut(context, id)
  await endOverdue(context, id)
  await promoteUnattended(context, id)
}

/** True: there may be more to do at once. */
async function takeTurn(context: Context, id: ExperimentId): Promise<boolean> {
  const { database, clock, hash } = context
  const now = clock()
  const seen = await database.read(async (reader) => {
    const before = await readStandings(reader, id)
    const { experiment, phase, frontier } = before
    const { plan } = experiment
    const { definition } = plan.goal
    const units = await listExperimentUnits(reader, id, { from: frontier, limit: mostAtOnce })
    const lateUnits = await listLateUnits(reader, id, mostAtOnce)
    const ordinals = [...lateUnits, ...units].map(({ ordinal }) => ordinal)
    return {
      before,
      units,
      lateUnits,
      frozen: await listFrozenGraders(reader, id),
      parts: definition ? await listUnitParts(reader, { id, definition }, ordinals) : new Map(),
      disturbance:
        phase === 'test'
          ? await findDisturbance({ ...reader, hash }, experiment)
          : await findTakenBack(reader, experiment),
      stop: await findHardStopSignal(reader, id, {
        kinds: plan.hardStops,
        from: phase === 'test' ? 0 : (experiment.holdback?.from ?? 0),
        since: toTimestamp(Date.parse(experiment.startedAt ?? experiment.createdAt) - clockLeeway),
      }),
    }
  })
  const { experiment } = seen.before
  if (!isOpen(experiment)) return false
  const { disturbance, stop } = seen
  if (disturbance !== null || stop !== null) {
    return endAtOnce(context, seen.before, { disturbance, stop })
  }
  const { turned, otherGrader } = think(seen, now)
  if (otherGrader !== null) {
    return endAtOnce(context, seen.before, { disturbance: otherGrader, stop: null })
  }
  const isIdle = turned.commits.length === 0 && turned.late.length === 0
  if (isIdle && judgeWatched(seen.before, turned.folded.tests, now) === null) return false
  const overtaken = await write(context, experiment, (writer) =>
    storeTurn(writer, toOutbox(context), turned),
  )
  return overtaken || turned.commits.length === mostAtOnce
}

/** Before the fold: whatever its units say. True as for a turn. */
async function endAtOnce(
  context: Context,
  before: Standings,
  why: {
    readonly disturbance: string | null
    readonly stop: { readonly kind: string } | null
  },
): Promise<boolean> {
  const { experiment, phase } = before
  const { disturbance, stop } = why
  const reasons = [
    stop === null
      ? (disturbance ?? '')
      : `hard stop in a unit that read the candidate: ${stop.kind}`,
  ]
  return write(context, experiment, async (writer) => {
    await refuseOvertaken(writer, before)
    const outbox = toOutbox(context)
    if (phase === 'test') {
      const state = stop === null ? 'void' : 'rolled_back'
      await endExperiment(writer, experiment, { state, reasons, outbox })
    } else if (stop === null) await endHoldback(writer, experiment, reasons)
    else await rollExperimentBack(writer, experiment, { reasons, outbox })
  })
}

interface Seen {
  readonly before: Standings
  readonly units: readonly ExperimentUnit[]
  readonly lateUnits: readonly ExperimentUnit[]
  readonly parts: ReadonlyMap<number, readonly UnitPart[]>
  /** Versions of graders that decided first. */
  readonly frozen: readonly Grading[]
}

/** What a turn comes to, and whether a grader changed on the way, in units that wait for their turn too. */
function think(
  { before, units, lateUnits, parts, frozen }: Seen,
  now: number,
): { readonly turned: Turned; readonly otherGrader: string | null } {
  const { experiment, tests, frontier, phase } = before
  const turning = turningOf(experiment, { phase, from: frontier, now })
  const hear = (unit: ExperimentUnit) => hearUnit(unit, parts.get(unit.ordinal) ?? [])
  const { committed, folded, judged } = takeUnits(tests, units.map(hear), turning)
  const gradingsUpTo = (count: number) =>
    gradingsOf(judged.slice(0, count).flatMap(({ deciding }) => deciding))
  const commits = committed.map((one, at) => ({
    ordinal: frontier + at,
    value: one.value,
    missing: one.missing,
    scores: one.scores,
    hardStop: one.hardStop,
    late: null,
  }))
  const late = lateUnits.flatMap((unit) => {
    const found = judgeHeard(hear(unit), turning).late
    return found === null
      ? []
      : [{ ordinal: unit.ordinal, value: found.value, at: toTimestamp(found.at) }]
  })
  const isTest = phase === 'test'
  const graders = isTest ? freezeGraders(frozen, gradingsUpTo(commits.length)).fresh : []
  return {
    turned: { before, units, commits, folded, late, graders },
    otherGrader: isTest ? freezeGraders(frozen, gradingsUpTo(units.length)).changed : null,
  }
}

const isOpen = (experiment: Experiment) =>
  isTried(experiment) || (experiment.state === 'promoted' && experiment.holdback?.endedAt === null)

/** Nothing of what was promoted stands any more: somebody took it back by hand. */
async function findTakenBack(
  reader: Parameters<typeof getChange>[0],
  { changes }: Experiment,
): Promise<string | null> {
  const promoted = changes.filter(({ verdict }) => verdict === 'promote')
  for (const { changeId } of promoted) {
    if ((await getChange(reader, changeId)).status === 'applied') return null
  }
  return 'what was promoted was taken back by hand'
}

/**
 * After as long as policy lets an experiment take, what is not proven by then is not. What is ready stays ready, and every
 * unit whose turn has come was counted before.
 */
async function endOverdue(context: Context, id: ExperimentId): Promise<void> {
  const now = context.clock()
  const found = await context.database.read((reader) => getExperiment(reader, id))
  const { mostMs = null } = found.plan
  if (mostMs === null || found.startedAt === null || !isTried(found)) return
  if (now - Date.parse(found.startedAt) <= mostMs) return
  if (found.changes.some((change) => isReady(found, change))) return
  const days = Number((mostMs / 86_400_000).toPrecision(3))
  const reasons = [
    `${days} days are over, the most that policy allows (rollout.analysis.maxDuration)`,
  ]
  await write(context, found, (writer) =>
    endExperiment(writer, found, {
      state: 'inconclusive',
      reasons,
      outbox: toOutbox(context),
    }),
  )
}

/**
 * With evidence of a hundred to one, and where policy still wants nobody's agreement. While it is paused somebody has
 * said that nothing shall go on: then only a person promotes.
 */
async function promoteUnattended(context: Context, id: ExperimentId): Promise<void> {
  const { database, clock, hash } = context
  const { experiment, isAllowed } = await database.read(async (reader) => {
    const found = await getExperiment(reader, id)
    const open = found.changes.filter(({ verdict }) => verdict === null)
    const isDone =
      found.plan.unattended &&
      found.state === 'running' &&
      open.length > 0 &&
      open.every((change) => isProven(found, change))
    if (!isDone) return { experiment: found, isAllowed: false }
    const changes = []
    for (const { changeId } of found.changes) changes.push(await getChange(reader, changeId))
    const isAllowed = await mayGoUnattended(
      { ...reader, hash, at: toTimestamp(clock()) },
      found.storeId,
      changes,
    )
    return { experiment: found, isAllowed }
  })
  if (!isAllowed) return
  const outbox = toOutbox(context)
  const promotion = { id, outbox, reason: 'as policy allows', by: 'policy' } as const
  try {
    await promoteOrSendBack({
      id,
      outbox,
      write: async (work) => {
        await write(context, experiment, work)
      },
      promote: () =>
        database.write(actorOf(experiment), (writer) => promoteExperiment(writer, promotion)),
    })
  } catch (error) {
    // Sent back; or its approvals do not hold any more, or policy wants more: it waits for a person, as any other.
    if (!(error instanceof DomainError && refusals.has(error.code))) throw error
  }
}

const refusals: ReadonlySet<DomainError['code']> = new Set(['conflict', 'policy_denied'])

/**
 * True, and nothing happened, where another worker was quicker: look again, since what this one was woken for may have
 * come after the other had looked.
 */
async function write(
  { database }: Context,
  experiment: Experiment,
  work: (writer: Writer) => Promise<void>,
): Promise<boolean> {
  try {
    await database.write(actorOf(experiment), work)
    return false
  } catch (error) {
    if (!isTurnTaken(error)) throw error
    return true
  }
}
