import { DomainError } from '../core/errors.ts'
import type { ExperimentId } from '../core/ids.ts'
import type { Decision, Reason } from '../core/policy/decision.ts'
import { sayFix } from '../core/policy/rollout-fixes.ts'
import { sortApprovals } from './approvals.ts'
import { getChange, type StoredChange } from './changes.ts'
import type { Reader, Writer } from './database.ts'
import { recordDecision } from './decisions.ts'
import { type Experiment, getExperiment } from './experiments.ts'
import { type JudgingReader, openPanelOf } from './judging.ts'
import { findPerson, nameHolder } from './people.ts'
import { listReviews } from './reviews.ts'

export interface JudgedTrial {
  readonly change: StoredChange
  readonly decision: Decision
}

/** What the policies say of trying the open changes of an experiment, planned as it is, by today's policies. */
export async function judgeTrials(
  reader: JudgingReader,
  { changes }: Pick<Experiment, 'changes'>,
  promotedBy: readonly string[] | null = null,
): Promise<JudgedTrial[]> {
  const judged: JudgedTrial[] = []
  for (const { changeId, verdict } of changes) {
    if (verdict !== null) continue
    const change = await getChange(reader, changeId)
    const panel = await openPanelOf(reader, change.dreamId, 'try')
    const reviews = await listReviews(reader, change.id)
    const { standing } = await sortApprovals(reader, change, { reviews, panel })
    const approvals = standing.map(({ approval }) => approval)
    const given = { approvals, ...(promotedBy === null ? {} : { promotedBy }) }
    judged.push({ change, decision: panel.judge(await panel.prepare(change, given)).decision })
  }
  return judged
}

/** Each is kept with its reasons, as any decision; when the change goes by itself stays as it is. */
export async function recordTrials(writer: Writer, trials: readonly JudgedTrial[]): Promise<void> {
  for (const { change, decision } of trials) {
    await recordDecision(writer, { changeId: change.id, moment: 'try', decision, dueAt: null })
  }
}

/** What has to do with how much is written in a week has nothing to do with who reads what. */
const otherMoments = /^budgets\.perWindow\./

/** No unit reads what the policies of today do not let through, or what is tried with less than they demand. */
export function refuseStart({ id }: Experiment, trials: readonly JudgedTrial[]): void {
  refuse(`Experiment ${id} may not start`, trials, (reason) => !otherMoments.test(reason.rule))
}

/** The same demands, by the policies of today, and who may promote. What may be written is asked when it is written. */
export function refusePromotion({ id }: Experiment, trials: readonly JudgedTrial[]): void {
  refuse(`Experiment ${id} may not be promoted`, trials, ({ rule }) => rule.startsWith('rollout.'))
}

const refused = 'rollout_refused'

function refuse(
  what: string,
  trials: readonly JudgedTrial[],
  counts: (reason: Reason) => boolean,
): void {
  const reasons = trials.flatMap(({ decision }) =>
    decision.verdict === 'allow'
      ? []
      : decision.reasons.filter(
          (one) => one.verdict !== 'allow' && one.mode === 'enforce' && counts(one),
        ),
  )
  if (reasons.length === 0) return
  const said = reasons.map(
    ({ rule, value, limit }) => `${rule}: ${value}, and policy wants ${limit}. ${sayFix(rule)}`,
  )
  throw new DomainError('policy_denied', `${what}. ${[...new Set(said)].join(' ')}`, {
    details: { error_code: refused },
  })
}

interface Attempt<T> {
  readonly id: ExperimentId
  readonly write: (work: (writer: Writer) => Promise<void>) => Promise<void>
  readonly act: () => Promise<T>
}

/** What policy refuses undoes its write; why stays, in a write of its own. */
export async function keepRefusals<T>({ id, write, act }: Attempt<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (!(error instanceof DomainError && error.details.error_code === refused)) throw error
    await write(async (writer) => {
      const experiment = await getExperiment(writer, id)
      const by = experiment.state === 'draft' ? null : await namePromoter(writer)
      await recordTrials(writer, await judgeTrials(writer, experiment, by))
      const reason = error.message
      await writer.audit({
        action: 'experiment.refused',
        objectType: 'experiment',
        objectId: id,
        reason,
      })
    })
    throw error
  }
}

/** All names of whoever promotes; null: a policy does. */
export async function namePromoter(
  reader: Reader & Pick<Writer, 'actor'>,
): Promise<readonly string[] | null> {
  const { actor } = reader
  if (actor.type === 'service_account') return null
  return (await findPerson(reader, actor)) ?? [await nameHolder(reader, actor)]
}
