import type { Gate } from './gate.ts'

/** No policy can switch the critics off: what one rejects is out, what one would revise waits for a person. */
export const critics: Gate = {
  rule: 'critics',
  judge: (_, { critiques }) =>
    critiques.flatMap(({ critic, verdict, explanation }) =>
      verdict === 'accept'
        ? []
        : [
            {
              value: `${critic}: ${explanation}`,
              limit: 'accepted by every critic',
              verdict: verdict === 'reject' ? ('deny' as const) : ('review' as const),
            },
          ],
    ),
}
