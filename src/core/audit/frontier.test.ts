import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cutIntoSubtrees, Frontier, joinSubtrees } from './frontier.ts'
import { hashLeaf, hashTree, planConsistency, planInclusion, type Range } from './merkle.ts'

const hash = (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest())
const make = (size: number) =>
  Array.from({ length: size }, (_, i) => hashLeaf(hash, Buffer.from(`entry ${i}`)))
const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const sizes = fc.integer({ min: 0, max: 300 })

describe('a frontier', () => {
  it('has the root of the tree of RFC 6962 at every size, from the beginning or taken up again', () => {
    fc.assert(
      fc.property(sizes, sizes, (first, more) => {
        const leaves = make(first + more)
        const begun = new Frontier(hash)
        for (const leaf of leaves.slice(0, first)) begun.add(leaf)
        expect(toHex(begun.root)).toBe(toHex(hashTree(hash, leaves.slice(0, first))))
        const again = new Frontier(hash, first, begun.hashes)
        for (const leaf of leaves.slice(first)) again.add(leaf)
        expect(toHex(again.root)).toBe(toHex(hashTree(hash, leaves)))
      }),
    )
  })

  it('tells of each full subtree once, with its hash', () => {
    const leaves = make(37)
    const told: string[] = []
    const frontier = new Frontier(hash)
    for (const leaf of leaves) {
      frontier.add(leaf, ({ level, index }, whole) => {
        const covered = leaves.slice(index * 2 ** level, (index + 1) * 2 ** level)
        expect(toHex(whole)).toBe(toHex(hashTree(hash, covered)))
        told.push(`${level} ${index}`)
      })
    }
    expect(new Set(told).size).toBe(told.length)
    expect(told).toHaveLength(18 + 9 + 4 + 2 + 1)
  })
})

describe('every range of a proof', () => {
  it('is cut into full subtrees that join to its hash', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.nat(), (size, pick) => {
        const leaves = make(size)
        const ranges: Range[] = [
          [0, size],
          ...planInclusion(pick % size, size),
          ...planConsistency(pick % (size + 1), size),
        ]
        for (const range of ranges) {
          const subtrees = cutIntoSubtrees(range)
          const hashes = subtrees.map(({ level, index }) =>
            hashTree(hash, leaves.slice(index * 2 ** level, (index + 1) * 2 ** level)),
          )
          const whole = hashTree(hash, leaves.slice(...range))
          expect(toHex(joinSubtrees(hash, hashes))).toBe(toHex(whole))
        }
      }),
    )
  })

  it('of nothing is the hash of nothing', () => {
    expect(cutIntoSubtrees([0, 0])).toEqual([])
    expect(toHex(joinSubtrees(hash, []))).toBe(toHex(hash(new Uint8Array())))
  })
})
