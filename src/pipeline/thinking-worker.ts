import { createHash } from 'node:crypto'
import { type DreamJudging, type JudgedDream, judgeDream } from '../core/review/judge-dream.ts'
import {
  type Collected,
  type CollectingTask,
  collectOver,
  type MinedPatterns,
  type MiningTask,
  mineTraces,
  type Proposed,
  type ProposingTask,
  proposeOver,
  type ReconciledItems,
  type ReconcilingTask,
  reconcileItems,
} from './thinking.ts'

/** What a thread of the thinking pool can be asked for, by the names of these functions. */
export const mine = (task: MiningTask): Promise<MinedPatterns> => mineTraces(task, hash)
export const reconcile = (task: ReconcilingTask): ReconciledItems => reconcileItems(task, hash)
export const propose = (task: ProposingTask): Proposed => proposeOver(task, hash)
export const collect = (task: CollectingTask): Collected => collectOver(task, hash)
export const judge = (task: DreamJudging): Promise<JudgedDream> => judgeDream(task, hash)

/** The program's hash; a function cannot be sent to a thread. */
const hash = (text: string) => createHash('sha256').update(text).digest('hex')
