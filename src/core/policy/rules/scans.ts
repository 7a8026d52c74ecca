import { type Gate, none, stop } from './gate.ts'

/** What the scanners of secrets, personal data and instructions found; the policy says what follows. */
export const scans: readonly Gate[] = [
  {
    rule: 'content.secrets',
    judge: ({ content: { secrets } }, { scans: found }) =>
      secrets.scan && found.secrets.length > 0
        ? stop(secrets.onMatch, { value: found.secrets.join(', '), limit: 'no secret' })
        : none,
  },
  {
    rule: 'content.pii',
    judge({ content: { pii } }, { scans: found }) {
      const hits = found.personalData.filter((kind) => pii.detect.includes(kind))
      return hits.length === 0
        ? none
        : stop(pii.onMatch, { value: hits.join(', '), limit: 'no personal data' })
    },
  },
  {
    rule: 'content.injection',
    judge: ({ content: { injection } }, { scans: found }) =>
      injection.scan && found.instructions.length > 0
        ? stop(injection.onMatch, {
            value: `${found.instructions.length} pieces that read like instructions`,
            limit: 'none from below user',
          })
        : none,
  },
]
