/** The candidate is the changed version, the incumbent what stands. */
export type Arm = 'candidate' | 'incumbent'

/**
 * The coin of one unit in [0, 1): the first 53 bits of HMAC-SHA256(salt of the experiment, id of the unit), over
 * 2^53 (spec C.2). The mac comes from the caller. Whoever does not know the salt cannot foresee a coin, and
 * the same unit always has the same one.
 */
export function coinOf(mac: Uint8Array): number {
  if (mac.length < 7) throw new RangeError(`a coin needs 7 bytes of a mac, ${mac.length} given`)
  let high = 0
  for (let at = 0; at < 6; at += 1) high = high * 256 + (mac[at] as number)
  return (high * 32 + ((mac[6] as number) >> 3)) / 2 ** 53
}

/** Candidate where the coin falls below its chance; never by blocks, whose last chance would be 0 or 1 (C.2). */
export function armOf(coin: number, pi: number): Arm {
  return coin < pi ? 'candidate' : 'incumbent'
}
