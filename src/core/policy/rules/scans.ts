import type { OnMatch } from '../policy.ts'
import { type Breach, type Gate, none, stop } from './gate.ts'

/**
 * What the scanners of secrets, personal data and instructions found; the policy says what follows. A text that
 * no scanner has looked at is treated as if everything stood in it.
 */
export const scans: readonly Gate[] = [
  {
    rule: 'content.secrets',
    judge: ({ content: { secrets } }, { scans: found }) =>
      secrets.scan ? judge(found.secrets, secrets.onMatch, 'no secret') : none,
  },
  {
    rule: 'content.pii',
    judge({ content: { pii } }, { scans: found }) {
      if (pii.detect.length === 0) return none
      const hits = found.personalData?.filter((kind) => pii.detect.includes(kind)) ?? null
      return judge(hits, pii.onMatch, 'no personal data')
    },
  },
  {
    rule: 'content.injection',
    judge: ({ content: { injection } }, { scans: found }) =>
      injection.scan
        ? judge(found.instructions, injection.onMatch, 'nothing that reads like an instruction')
        : none,
  },
]

function judge(
  found: readonly string[] | null,
  onMatch: OnMatch,
  limit: string,
): readonly Breach[] {
  if (found === null) return stop(onMatch, { value: 'not scanned', limit })
  return found.length === 0 ? none : stop(onMatch, { value: found.join(', '), limit })
}
