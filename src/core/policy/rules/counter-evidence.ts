import { makesClaim } from '../facts.ts'
import { deny, type Gate, none } from './gate.ts'

export const counterEvidence: readonly Gate[] = [
  {
    rule: 'evidence.counterEvidence.search',
    judge: ({ evidence: { counterEvidence: wanted } }, { change, evidence }) =>
      wanted.search === 'required' && makesClaim(change) && !evidence.counterSearched
        ? deny('nobody looked for what speaks against it', 'a search for counter-evidence')
        : none,
  },
  {
    rule: 'evidence.counterEvidence.maxShare',
    judge({ evidence: { counterEvidence: wanted } }, { change, evidence }) {
      // Sessions against what stands in the memory are what a removal rests on.
      if (change.operation === 'retire' || change.leaves === 'absent') return none
      const all = evidence.sessions + evidence.contradictingSessions
      const share = all === 0 ? 0 : evidence.contradictingSessions / all
      return share <= wanted.maxShare
        ? none
        : deny(`${share.toFixed(2)} of the sessions speak against it`, `at most ${wanted.maxShare}`)
    },
  },
]
