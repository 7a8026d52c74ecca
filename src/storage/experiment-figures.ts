import { evidenceOf } from '../core/experiment/betting.ts'
import type { ExperimentId } from '../core/ids.ts'
import type { Reader } from './database.ts'
import { listExperimentTests } from './experiment-commits.ts'
import { listOpenExperiments } from './experiments.ts'

/** One test of an open experiment, as monitoring sees it. */
export interface ExperimentFigures {
  readonly experiment: ExperimentId
  readonly test: string
  readonly better: number
  readonly worse: number
  /** Counted units by arm. */
  readonly candidate: number
  readonly incumbent: number
  /** Evidence that the arms do not fit their coins; 1 000 voids. */
  readonly sampleRatio: number
}

export async function listExperimentFigures(reader: Reader): Promise<ExperimentFigures[]> {
  const figures: ExperimentFigures[] = []
  for (const { id } of await listOpenExperiments(reader)) {
    for (const { test, state } of await listExperimentTests(reader, id)) {
      figures.push({
        experiment: id,
        test,
        better: evidenceOf(state.better),
        worse: evidenceOf(state.worse),
        candidate: state.n1,
        incumbent: state.n0,
        sampleRatio: Math.exp(state.ratio.largest),
      })
    }
  }
  return figures
}
