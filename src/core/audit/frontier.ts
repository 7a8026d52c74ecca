import { type HashBytes, hashNode, type Range } from './merkle.ts'

/** A full subtree: the leaves from `index` · 2^`level` on, 2^`level` of them. */
export interface Subtree {
  readonly level: number
  readonly index: number
}

/** The full subtrees that make up a range which begins where a subtree of its size may, largest first. */
export function cutIntoSubtrees([from, to]: Range): Subtree[] {
  const subtrees: Subtree[] = []
  let at = from
  for (let level = Math.floor(Math.log2(Math.max(1, to - from))); at < to; level -= 1) {
    const size = 2 ** level
    if (at + size > to) continue
    subtrees.push({ level, index: at / size })
    at += size
  }
  return subtrees
}

/** The hash of a range from those of its subtrees, largest first; of none, the hash of nothing. */
export function joinSubtrees(hash: HashBytes, hashes: readonly Uint8Array[]): Uint8Array {
  const [last, ...others] = hashes.toReversed()
  return others.reduce((right, left) => hashNode(hash, left, right), last ?? hash(new Uint8Array()))
}

/**
 * The tree as far as it has grown, in as many hashes as its size has binary ones. A leaf costs one hash more,
 * whatever the size.
 */
export class Frontier {
  readonly #hash: HashBytes
  readonly #hashes: Uint8Array[]
  #size: number

  /** `hashes`: of the subtrees of the first `size` leaves, largest first. */
  constructor(hash: HashBytes, size = 0, hashes: readonly Uint8Array[] = []) {
    this.#hash = hash
    this.#size = size
    this.#hashes = [...hashes]
  }

  get size(): number {
    return this.#size
  }

  get hashes(): readonly Uint8Array[] {
    return [...this.#hashes]
  }

  get root(): Uint8Array {
    return joinSubtrees(this.#hash, this.#hashes)
  }

  /** Tells `onFull` of every subtree above the leaves that this leaf completes. */
  add(leaf: Uint8Array, onFull?: (subtree: Subtree, hash: Uint8Array) => void): void {
    let [level, index, whole] = [0, this.#size, leaf]
    while (index % 2 === 1) {
      whole = hashNode(this.#hash, this.#hashes.pop() as Uint8Array, whole)
      level += 1
      index = (index - 1) / 2
      onFull?.({ level, index }, whole)
    }
    this.#hashes.push(whole)
    this.#size += 1
  }
}
