import { isOverruled } from './approvals.ts'
import type { Gate } from './gate.ts'
import { assessRisk } from './risk.ts'

/**
 * No policy can switch the critics off: what one rejects is out until somebody who may approve it overrules that
 * with a reason, and what one would revise waits for a person.
 */
export const critics: Gate = {
  rule: 'critics',
  judge(spec, judged) {
    const against = judged.critiques.filter(({ verdict }) => verdict !== 'accept')
    if (against.length === 0) return []
    const { risk } = assessRisk(spec, judged)
    const overruled = isOverruled({ spec, judged, risk, version: '' })
    return against.map(({ critic, verdict, explanation }) => ({
      value: `${critic}: ${explanation}`,
      limit: 'accepted by every critic',
      verdict: verdict === 'reject' && !overruled ? ('deny' as const) : ('review' as const),
    }))
  },
}
