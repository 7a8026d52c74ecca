import type { LeaveOneOut } from '../core/experiment/leave-one-out.ts'
import type { Writer } from './database.ts'
import { findFrontier } from './end-experiment.ts'
import { appendDecision } from './experiment-decisions.ts'
import { type Experiment, getExperiment, needsLeaveOneOut, setLeaveOneOut } from './experiments.ts'

/**
 * What was found of its changes, by their ordinals. A change of the answer is logged, without the name: whoever is
 * erased must not live on in a log. Nothing is written where nothing changed, or where it ended meanwhile.
 */
export async function storeLeaveOneOut(
  writer: Writer,
  { id, state }: Experiment,
  found: ReadonlyMap<number, LeaveOneOut>,
): Promise<void> {
  const now = await getExperiment(writer, id)
  if (now.state !== state) return
  for (const change of now.changes) {
    const { ordinal, changeId, leaveOneOut: before } = change
    const after = found.get(ordinal)
    if (!after || !needsLeaveOneOut(now, change) || isOlder(before, after)) continue
    if (!isNews(before, after)) continue
    await setLeaveOneOut(writer, id, { ordinal, leaveOneOut: after })
    await appendDecision(writer, id, {
      kind: after.ready ? 'stands' : 'held',
      frontier: await findFrontier(writer, now),
      detail: { change: changeId, voices: after.voices, proven: after.proven },
    })
  }
}

/** Another worker has asked since, of more units; and a yes is for good, since the bound is on its ever being so. */
const isOlder = (before: LeaveOneOut | null, after: LeaveOneOut) =>
  before !== null && (before.frontier > after.frontier || (before.ready && !after.ready))

/** That the evidence without somebody is a little more or less than before is none. */
const isNews = (before: LeaveOneOut | null, after: LeaveOneOut) =>
  before === null ||
  before.ready !== after.ready ||
  before.proven !== after.proven ||
  before.restsOn?.principal !== after.restsOn?.principal ||
  before.restsOn?.waits !== after.restsOn?.waits
