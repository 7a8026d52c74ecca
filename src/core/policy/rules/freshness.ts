import { ageMs } from '../facts.ts'
import { deny, type Gate, none } from './gate.ts'

const day = 24 * 60 * 60_000

export const freshness: Gate = {
  rule: 'evidence.freshness.maxAge',
  judge({ evidence: { freshness: wanted } }, judged) {
    const { newestAt, quotes } = judged.evidence
    // Without evidence there is none that could be old.
    if (wanted.maxAge === null || quotes === 0) return none
    const limit = `at most ${Math.round(wanted.maxAge / day)} days`
    if (newestAt === null) return deny('evidence without a date', limit)
    const age = ageMs(judged, newestAt)
    return age <= wanted.maxAge ? none : deny(`${Math.round(age / day)} days old`, limit)
  },
}
