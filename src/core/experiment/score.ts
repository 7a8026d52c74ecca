/**
 * Cost, seconds or turns of a unit as a guardrail's score: clip(½ − ln(x / reference) / (2 ln 4), 0, 1), spec C.3. ½ at
 * the reference, 1 at a quarter of it, 0 at four times; five points are about 15 % more. The reference is fixed before
 * the experiment, such as the median of earlier units.
 */
export function scoreSpending(amount: number, reference: number): number {
  if (!(reference > 0)) throw new RangeError(`a reference must be above 0, not ${reference}`)
  if (amount <= 0) return 1
  return Math.min(1, Math.max(0, 0.5 - Math.log(amount / reference) / full))
}

/** The points that it loses by rising by this share: .1 is a tenth more. */
export const lossOfRise = (rise: number): number => Math.log1p(rise) / full

/** From a quarter of the reference to four times as much the score goes all the way. */
const full = 2 * Math.log(4)
