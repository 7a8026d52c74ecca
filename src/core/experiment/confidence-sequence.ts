import { beliefs, capOf, shares } from './betting.ts'
import type { Score } from './centre.ts'

/**
 * The effects not yet ruled out: δ of a grid from −1 to 1 in steps of .005, kept while E(δ0=δ, +) < 40 and
 * E(δ0=−δ, −) < 40, intersected over time (spec C.2). With 95 % chance the true effect is inside at all moments
 * at once. What is out stays out and E falls with δ0, so what is left is one run of the grid, and only its capitals are
 * kept: 4 010 numbers at first, 1 200 after a hundred units, 300 after a thousand. Nothing is lost by it.
 */
export interface ConfidenceSequence {
  /** The ends of what is left, in steps of .005; `from` > `to` when nothing is. */
  readonly from: number
  readonly to: number
  /** Capitals of the bettors that the effect is above δ, and below it: five a δ, in order. */
  readonly above: readonly number[]
  readonly below: readonly number[]
}

export interface Ends {
  readonly low: number
  readonly high: number
}

const steps = 200
/** 5 % are split between the two sides. */
const outAt = 40
const bettors = beliefs.length
/** Capitals as small as this never come back to 40; as zero they cost no slow arithmetic. */
const nothing = 1e-250

/** Everything is possible. `former`: capitals of an earlier test of the same change and goal. */
export function openConfidence(): ConfidenceSequence {
  const capitals = new Array<number>((2 * steps + 1) * bettors).fill(1)
  return { from: -steps, to: steps, above: capitals, below: capitals }
}

/** Nothing is left to rule out: for a fold that does not ask what the effect may be. */
export const nothingKept: ConfidenceSequence = { from: 1, to: 0, above: [], below: [] }

export function commitScore(sequence: ConfidenceSequence, score: Score): ConfidenceSequence {
  const { from, to } = sequence
  if (from > to) return sequence
  const above = grow(sequence.above, score, { sign: 1, from })
  const below = grow(sequence.below, score, { sign: -1, from })
  let first = from
  while (first <= to && isOut(above, first - from)) first += 1
  let last = to
  while (last >= first && isOut(below, last - from)) last -= 1
  if (first === from && last === to) return { from, to, above, below }
  const [begin, end] = [(first - from) * bettors, (last - from + 1) * bettors]
  return { from: first, to: last, above: above.slice(begin, end), below: below.slice(begin, end) }
}

/** The ends as effects. Null when everything is ruled out: the effect has not been the same all along. */
export function endsOf({ from, to }: ConfidenceSequence): Ends | null {
  return from > to ? null : { low: from / steps, high: to / steps }
}

interface Side {
  readonly sign: 1 | -1
  readonly from: number
}

/** Every capital times 1 + λ(sign·Z − δ0): products, not sums of logarithms, which are fifteen times slower. */
function grow(capitals: readonly number[], score: Score, { sign, from }: Side): number[] {
  const grown = new Array<number>(capitals.length)
  const most = sign > 0 ? score.mostDown : score.mostUp
  const towards = sign * score.z
  for (let at = 0; at < capitals.length; at += bettors) {
    const delta = (sign * (from + at / bettors)) / steps
    const cap = capOf(most, delta)
    const gain = towards - delta
    for (let j = 0; j < bettors; j += 1) {
      const staked = Math.min(score.stake * (beliefs[j] as number), cap)
      const capital = (capitals[at + j] as number) * (1 + staked * gain)
      grown[at + j] = capital < nothing ? 0 : capital
    }
  }
  return grown
}

function isOut(capitals: readonly number[], step: number): boolean {
  let sum = 0
  for (let j = 0; j < bettors; j += 1) {
    sum += (shares[j] as number) * (capitals[step * bettors + j] as number)
  }
  return sum >= outAt
}
