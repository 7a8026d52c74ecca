import type { OutcomeSignalId } from '../ids.ts'
import type { InfluenceCap } from './definition.ts'

export interface Heard {
  readonly id: OutcomeSignalId
  readonly principal: string | null
  /** When it was heard, by our clock: a sender cannot choose its window. */
  readonly createdAt: string
}

/**
 * The signals that do not count because their principal has said enough, with the reason in words. In the order
 * of hearing, one after the other, so that what comes later changes nothing of what was counted. A signal without a
 * principal is a machine's that speaks for its source, and never capped. Give all signals of the windows concerned.
 */
export function cappedSignals(
  cap: InfluenceCap | null,
  signals: readonly Heard[],
): ReadonlyMap<OutcomeSignalId, string> {
  const capped = new Map<OutcomeSignalId, string>()
  if (cap === null) return capped
  const windows = Map.groupBy(signals, ({ createdAt }) => windowOf(cap, createdAt))
  for (const heard of windows.values()) capWindow(cap, heard, capped)
  return capped
}

/** When the window began in which something was heard, milliseconds since the epoch. */
export const windowOf = ({ windowMs }: InfluenceCap, at: string): number =>
  Math.floor(Date.parse(at) / windowMs) * windowMs

function capWindow(
  { share, minimum }: InfluenceCap,
  heard: readonly Heard[],
  capped: Map<OutcomeSignalId, string>,
): void {
  const said = new Map<string, number>()
  const counted = new Map<string, number>()
  let total = 0
  for (const { id, principal } of heard.toSorted(byHearing)) {
    total += 1
    if (principal === null) continue
    const own = (said.get(principal) ?? 0) + 1
    said.set(principal, own)
    const others = total - own
    const most = Math.max(minimum, Math.floor((share / (1 - share)) * others))
    const already = counted.get(principal) ?? 0
    if (already < most) counted.set(principal, already + 1)
    else {
      const percent = Math.round(share * 100)
      capped.set(
        id,
        `${already} signals of ${principal} count already, at most ${minimum} or ${percent} % of a window's`,
      )
    }
  }
}

const byHearing = (a: Heard, b: Heard) => {
  const [x, y] = [`${a.createdAt}\0${a.id}`, `${b.createdAt}\0${b.id}`]
  return x < y ? -1 : x > y ? 1 : 0
}
