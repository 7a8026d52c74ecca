import type { Actor } from '../core/audit/record.ts'
import type { Grading } from '../core/experiment/graders.ts'
import type { ExperimentId } from '../core/ids.ts'
import type { JsonObject } from '../core/session.ts'
import type { Reader, Writer } from './database.ts'

/** One line of an experiment's log: what happened, at which unit, why, by whom. */
export interface ExperimentDecision {
  readonly ordinal: number
  readonly kind: DecisionKind
  /** The next unit to commit at the time. */
  readonly frontier: number
  readonly detail: JsonObject
  readonly actor: Actor
  readonly createdAt: string
}

export type DecisionKind =
  | 'created'
  | 'started'
  | 'paused'
  | 'resumed'
  | 'stopped'
  | 'ramped'
  /** Versions of graders that decided for the first time; with others the experiment is void. */
  | 'graders_frozen'
  /** A test reached the evidence with which a person may promote, and that with which nobody needs to. */
  | 'ready'
  | 'proven'
  /** Somebody whose word it rests on, or nobody any more: asked by leaving each one out. */
  | 'held'
  | 'stands'
  /** The test of one change was closed, its verdict with it. */
  | 'decided'
  | 'promoted'
  | 'rolled_back'
  | 'inconclusive'
  | 'void'
  | 'holdback_ended'
  | 'drifted'
  | 'merged'

export async function appendDecision(
  writer: Writer,
  id: ExperimentId,
  given: Pick<ExperimentDecision, 'kind' | 'frontier' | 'detail'>,
): Promise<void> {
  const { last } = await writer.read
    .selectFrom('experiment_decisions')
    .select((select) => select.fn.max<number | null>('ordinal').as('last'))
    .where('experiment_id', '=', id)
    .executeTakeFirstOrThrow()
  const detail = JSON.stringify(given.detail)
  await writer.write
    .insertInto('experiment_decisions')
    .values({
      experiment_id: id,
      ordinal: (last ?? -1) + 1,
      kind: given.kind,
      frontier: given.frontier,
      detail,
      actor_type: writer.actor.type,
      actor_id: writer.actor.id,
      created_at: writer.at,
    })
    .execute()
  await writer.audit({
    action: `experiment.${given.kind}`,
    objectType: 'experiment',
    objectId: id,
    afterHash: writer.hash(detail),
  })
}

/** Oldest first. */
export async function listDecisions(
  reader: Reader,
  id: ExperimentId,
): Promise<ExperimentDecision[]> {
  const rows = await reader.read
    .selectFrom('experiment_decisions')
    .selectAll()
    .where('experiment_id', '=', id)
    .orderBy('ordinal')
    .execute()
  return rows.map((row) => ({
    ordinal: row.ordinal,
    kind: row.kind as DecisionKind,
    frontier: row.frontier,
    detail: JSON.parse(row.detail),
    actor: { type: row.actor_type, id: row.actor_id },
    createdAt: row.created_at,
  }))
}

/** The versions of graders that decided first, as the log says. */
export async function listFrozenGraders(reader: Reader, id: ExperimentId): Promise<Grading[]> {
  const rows = await reader.read
    .selectFrom('experiment_decisions')
    .select('detail')
    .where('experiment_id', '=', id)
    .where('kind', '=', 'graders_frozen' satisfies DecisionKind)
    .orderBy('ordinal')
    .execute()
  return rows.flatMap(({ detail }) => (JSON.parse(detail) as { graders: Grading[] }).graders)
}
