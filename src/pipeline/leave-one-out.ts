import { setImmediate } from 'node:timers/promises'
import { beginTest, type OpenTest } from '../core/experiment/fold.ts'
import {
  foldWithout,
  type LeaveOneOut,
  listVoices,
  mostEvidence,
} from '../core/experiment/leave-one-out.ts'
import { openTest } from '../core/experiment/state.ts'
import type { HeardUnit } from '../core/experiment/turn.ts'
import type { ExperimentId } from '../core/ids.ts'
import type { OutcomeDefinition } from '../core/outcome/definition.ts'
import type { Reader } from '../storage/database.ts'
import { actorOf, findFrontier } from '../storage/end-experiment.ts'
import { listExperimentUnits } from '../storage/experiment-commits.ts'
import { listUnitParts } from '../storage/experiment-signals.ts'
import {
  type Experiment,
  type ExperimentChange,
  getExperiment,
  needsLeaveOneOut,
} from '../storage/experiments.ts'
import { storeLeaveOneOut } from '../storage/leave-one-out.ts'
import { openFor } from '../storage/start-experiment.ts'
import type { Context } from './context.ts'
import { hearUnit, turningOf } from './heard-units.ts'

/**
 * Asks of each test that is ready whether it would be, had any one principal never said anything about its units, and
 * stores the answer: promotion needs it. What was once answered with yes is not asked again, since the bound is on its ever
 * being so. Where outcomes are capped only: a definition without a cap lets one principal say all.
 */
export async function leaveEachOut(context: Context, id: ExperimentId): Promise<void> {
  const { database, clock, signal } = context
  const seen = await database.read(async (reader) => {
    const experiment = await getExperiment(reader, id)
    const pending = experiment.changes.filter((change) => needsLeaveOneOut(experiment, change))
    const { definition } = experiment.plan.goal
    if (pending.length === 0 || definition === null) return null
    return {
      experiment,
      pending,
      ...(await readWhole(reader, experiment, { definition, pending })),
    }
  })
  if (seen === null) return
  const { experiment, pending, units } = seen
  const found = new Map<number, LeaveOneOut>(
    pending.map(({ ordinal, provenAt }) => [
      ordinal,
      {
        ready: true,
        proven: provenAt !== null,
        restsOn: null,
        voices: 0,
        frontier: units.length,
      },
    ]),
  )
  const turning = turningOf(experiment, { phase: 'test', from: 0, now: clock() })
  for (const principal of orderVoices(seen)) {
    if ([...found.values()].every(({ ready }) => !ready)) break
    if (signal.aborted) return
    const tests = seen.formerVoices.has(principal) ? seen.fresh : seen.opened
    const { folded, waits } = foldWithout(principal, { tests, units }, turning)
    for (const test of folded.tests) {
      const before = found.get(test.change)
      if (before) found.set(test.change, countVoice(before, { test, principal, waits }))
    }
    // Others get their turn between two folds.
    await setImmediate()
  }
  await database.write(actorOf(experiment), (writer) => storeLeaveOneOut(writer, experiment, found))
}

interface Whole {
  readonly units: readonly HeardUnit[]
  /** With the evidence of the experiment that it follows, and without: for whoever spoke there. */
  readonly opened: readonly OpenTest[]
  readonly fresh: readonly OpenTest[]
  readonly formerVoices: ReadonlySet<string>
}

async function readWhole(
  reader: Reader,
  experiment: Experiment,
  {
    definition,
    pending,
  }: { readonly definition: OutcomeDefinition; readonly pending: readonly ExperimentChange[] },
): Promise<Whole> {
  const { plan } = experiment
  const units = await hearAll(reader, experiment.id, definition)
  const opened: OpenTest[] = []
  for (const { ordinal } of pending) {
    opened.push(beginTest(ordinal, await openFor(reader, plan, ordinal)))
  }
  const fresh = pending.map(({ ordinal }) => beginTest(ordinal, openTest(plan.test)))
  const formerVoices = new Set<string>()
  for (let { follows } = plan; follows !== null; ) {
    const former = await getExperiment(reader, follows)
    const heard = await hearAll(reader, follows, former.plan.goal.definition ?? definition)
    for (const voice of listVoices(heard)) formerVoices.add(voice)
    follows = former.plan.follows
  }
  return { units, opened, fresh, formerVoices }
}

/** Units that were committed, with everything that anybody said of them: no cap, which others' signals would move. */
async function hearAll(
  reader: Reader,
  id: ExperimentId,
  definition: OutcomeDefinition,
): Promise<HeardUnit[]> {
  const frontier = await findFrontier(reader, { id })
  const heard: HeardUnit[] = []
  for (let from = 0; from < frontier; from += atOnce) {
    const limit = Math.min(atOnce, frontier - from)
    const units = await listExperimentUnits(reader, id, { from, limit })
    const parts = await listUnitParts(
      reader,
      { id, definition: { ...definition, cap: null } },
      units.map(({ ordinal }) => ordinal),
    )
    heard.push(...units.map((unit) => hearUnit(unit, parts.get(unit.ordinal) ?? [])))
  }
  return heard
}
const atOnce = 200

/** Those on whom it rested the last time first: they most likely are the answer again. */
function orderVoices({
  units,
  formerVoices,
  pending,
}: Whole & { pending: readonly ExperimentChange[] }) {
  const last = pending.flatMap(({ leaveOneOut }) => leaveOneOut?.restsOn?.principal ?? [])
  const voices = new Set([...listVoices(units), ...[...formerVoices].toSorted()])
  return new Set([...last.filter((one) => voices.has(one)), ...voices])
}

interface Without {
  readonly test: OpenTest
  readonly principal: string
  readonly waits: boolean
}

function countVoice(before: LeaveOneOut, { test, principal, waits }: Without): LeaveOneOut {
  if (!before.ready) return before
  const ready = test.readyAt !== null
  const proven = before.proven && test.provenAt !== null
  const isMissed = !ready || (before.proven && !proven)
  return {
    ...before,
    ready,
    proven: ready && proven,
    restsOn: isMissed ? { principal, better: mostEvidence(test), waits } : before.restsOn,
    voices: before.voices + 1,
  }
}
