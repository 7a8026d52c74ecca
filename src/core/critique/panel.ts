import { criticizeBudget } from './budget.ts'
import type { Critic, Critique, CritiqueSubject } from './critique.ts'
import { criticizeDrift } from './drift.ts'
import { criticizeEvidence } from './evidence.ts'
import { criticizeFacts } from './facts-preserved.ts'
import { criticizeNovelty } from './novelty.ts'
import { criticizeSafety } from './safety.ts'
import { criticizeTaint } from './taint.ts'

const panel: readonly Critic[] = [
  criticizeEvidence,
  criticizeFacts,
  criticizeSafety,
  criticizeTaint,
  criticizeNovelty,
  criticizeBudget,
  criticizeDrift,
]

/** Every critic has its say, in a fixed order; none hears the others. */
export const criticize = (subject: CritiqueSubject): Critique[] =>
  panel.map((critic) => critic(subject))
