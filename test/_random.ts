import { createHash } from 'node:crypto'
import type { RandomSource } from '../src/app.ts'

/**
 * Bytes that are the same for the same seed. Each use has a stream of its own, so that coins do not depend on how many ids were made
 * meanwhile.
 */
export function seededSource(seed: number): RandomSource {
  const drawn = { id: 0, secret: 0, salt: 0 }
  return (use, size) => {
    drawn[use] += 1
    const key = `${seed}\0${use}\0${drawn[use]}`
    return createHash('shake256', { outputLength: size }).update(key).digest()
  }
}
