/**
 * The Merkle tree of RFC 6962, section 2.1, with proofs checked as in RFC 9162, sections 2.1.3.2 and 2.1.4.2.
 * Hashes are 32 bytes; leaves come in as their hashes.
 */
export type HashBytes = (bytes: Uint8Array) => Uint8Array

export function hashLeaf(hash: HashBytes, entry: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + entry.length)
  bytes.set(entry, 1)
  return hash(bytes)
}

export function hashNode(hash: HashBytes, left: Uint8Array, right: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + left.length + right.length)
  bytes[0] = 1
  bytes.set(left, 1)
  bytes.set(right, 1 + left.length)
  return hash(bytes)
}

/** The root over `leaves`; over none, the hash of nothing. */
export function hashTree(hash: HashBytes, leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return hash(new Uint8Array())
  return hashRange(hash, leaves, [0, leaves.length])
}

/** Leaves from the first number up to, and without, the second. */
export type Range = readonly [from: number, to: number]

/** The hashes that lead from leaf `index` to the root, from the bottom up. */
export function proveInclusion(
  hash: HashBytes,
  leaves: readonly Uint8Array[],
  index: number,
): Uint8Array[] {
  return planInclusion(index, leaves.length).map((range) => hashRange(hash, leaves, range))
}

/** What shows that the tree over the first `size` leaves is the beginning of the tree over all of them. */
export function proveConsistency(
  hash: HashBytes,
  leaves: readonly Uint8Array[],
  size: number,
): Uint8Array[] {
  return planConsistency(size, leaves.length).map((range) => hashRange(hash, leaves, range))
}

/** The ranges whose hashes are the proof, for those who do not hold all leaves. */
export function planInclusion(index: number, size: number): Range[] {
  if (index < 0 || index >= size) throw new RangeError(`no leaf ${index}`)
  const path: Range[] = []
  let [from, to] = [0, size]
  while (to - from > 1) {
    const middle = from + splitOf(to - from)
    const isLeft = index < middle
    path.push(isLeft ? [middle, to] : [from, middle])
    if (isLeft) to = middle
    else from = middle
  }
  return path.toReversed()
}

export function planConsistency(oldSize: number, size: number): Range[] {
  if (oldSize < 0 || oldSize > size) throw new RangeError(`no tree of size ${oldSize}`)
  if (oldSize === 0 || oldSize === size) return []
  const path: Range[] = []
  let [from, to] = [0, size]
  let whole = true
  for (;;) {
    if (oldSize === to) {
      if (!whole) path.push([from, to])
      return path.toReversed()
    }
    const middle = from + splitOf(to - from)
    if (oldSize <= middle) {
      path.push([middle, to])
      to = middle
    } else {
      path.push([from, middle])
      from = middle
      whole = false
    }
  }
}

export interface Inclusion {
  readonly leaf: Uint8Array
  readonly index: number
  readonly size: number
  readonly proof: readonly Uint8Array[]
  readonly root: Uint8Array
}

export function verifyInclusion(hash: HashBytes, given: Inclusion): boolean {
  const { leaf, index, size, proof, root } = given
  if (index < 0 || index >= size) return false
  let [position, last] = [index, size - 1]
  let found = leaf
  for (const one of proof) {
    if (last === 0) return false
    if (position % 2 === 1 || position === last) {
      found = hashNode(hash, one, found)
      while (position % 2 === 0 && position !== 0) [position, last] = [half(position), half(last)]
    } else found = hashNode(hash, found, one)
    ;[position, last] = [half(position), half(last)]
  }
  return last === 0 && areEqual(found, root)
}

export interface Consistency {
  readonly oldSize: number
  readonly oldRoot: Uint8Array
  readonly size: number
  readonly root: Uint8Array
  readonly proof: readonly Uint8Array[]
}

export function verifyConsistency(hash: HashBytes, given: Consistency): boolean {
  const { oldSize, oldRoot, size, root, proof } = given
  if (oldSize < 0 || oldSize > size) return false
  if (oldSize === size) return proof.length === 0 && areEqual(oldRoot, root)
  // The empty tree begins every tree, and has one root.
  if (oldSize === 0) return proof.length === 0 && areEqual(oldRoot, hash(new Uint8Array()))
  const path = isPowerOfTwo(oldSize) ? [oldRoot, ...proof] : proof
  let [position, last] = [oldSize - 1, size - 1]
  while (position % 2 === 1) [position, last] = [half(position), half(last)]
  const [first, ...rest] = path
  if (!first) return false
  let [before, now] = [first, first]
  for (const one of rest) {
    if (last === 0) return false
    if (position % 2 === 1 || position === last) {
      before = hashNode(hash, one, before)
      now = hashNode(hash, one, now)
      while (position % 2 === 0 && position !== 0) [position, last] = [half(position), half(last)]
    } else now = hashNode(hash, now, one)
    ;[position, last] = [half(position), half(last)]
  }
  return last === 0 && areEqual(before, oldRoot) && areEqual(now, root)
}

/** Without recursion on the right edge's depth being a worry: 2^53 leaves are 53 levels. */
function hashRange(hash: HashBytes, leaves: readonly Uint8Array[], [from, to]: Range): Uint8Array {
  if (to - from === 1) return leaves[from] as Uint8Array
  const middle = from + splitOf(to - from)
  return hashNode(
    hash,
    hashRange(hash, leaves, [from, middle]),
    hashRange(hash, leaves, [middle, to]),
  )
}

/** The largest power of two below `count`, which is more than one. */
function splitOf(count: number): number {
  let power = 1
  while (power * 2 < count) power *= 2
  return power
}

const half = (value: number) => Math.floor(value / 2)
const isPowerOfTwo = (value: number) => splitOf(value + 1) === value

export function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at])
}
