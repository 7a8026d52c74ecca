import { applyChanges } from '../change/apply.ts'
import type { Critique, CritiqueSubject } from '../critique/critique.ts'
import { criticize } from '../critique/panel.ts'
import type { Hash } from '../ids.ts'
import type { Decision } from '../policy/decision.ts'
import type { Taint } from '../trust/taint.ts'
import { decideWithoutPolicy } from './decide.ts'

/** What the panel and the policy say of a change; the same when it is proposed, edited and applied. */
export interface JudgedProposal {
  readonly critiques: readonly Critique[]
  readonly decision: Decision
  readonly taint: Taint
}

type Subject = Omit<CritiqueSubject, 'before' | 'after' | 'taint'>

export function judgeProposal(subject: Subject, hash: Hash): JudgedProposal {
  const { change, store } = subject
  const { taint } = change.trust
  const before = store.documents.find(({ path }) => path === change.path) ?? null
  const applied = applyChanges(before ? [before] : [], [change], hash)
  const after = applied.documents.find(({ path }) => path === change.path) ?? null
  const critiques = criticize({ ...subject, before, after, taint })
  return { critiques, taint, decision: decideWithoutPolicy({ change, critiques }) }
}
