import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  hashLeaf,
  hashTree,
  proveConsistency,
  proveInclusion,
  verifyConsistency,
  verifyInclusion,
} from './merkle.ts'

const hash = (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest())
const toLeaf = (hex: string) => hashLeaf(hash, Buffer.from(hex, 'hex'))
const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

/** The entries that certificate transparency's own tests use. */
const entries = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
]
const leaves = entries.map(toLeaf)

describe('the tree of RFC 6962', () => {
  it.each([
    [0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    [1, '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d'],
    [2, 'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125'],
    [3, 'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77'],
    [7, 'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c'],
    [8, '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328'],
  ])('over the first %i known entries has the known root', (size, root) => {
    expect(toHex(hashTree(hash, leaves.slice(0, size)))).toBe(root)
  })

  const sized = fc
    .integer({ min: 1, max: 200 })
    .chain((size) => fc.tuple(fc.constant(size), fc.integer({ min: 0, max: size - 1 })))
  const make = (size: number) =>
    Array.from({ length: size }, (_, i) => hashLeaf(hash, Buffer.from(`entry ${i}`)))

  it('proves of every leaf that it is there, and of no other that it is', () => {
    fc.assert(
      fc.property(sized, ([size, index]) => {
        const all = make(size)
        const root = hashTree(hash, all)
        const proof = proveInclusion(hash, all, index)
        const given = { leaf: all[index] as Uint8Array, index, size, proof, root }
        expect(verifyInclusion(hash, given)).toBe(true)
        const other = hashLeaf(hash, Buffer.from('another'))
        expect(verifyInclusion(hash, { ...given, leaf: other })).toBe(false)
        expect(verifyInclusion(hash, { ...given, root: other })).toBe(false)
        expect(verifyInclusion(hash, { ...given, proof: [...proof, other] })).toBe(false)
        if (size > 1) {
          expect(verifyInclusion(hash, { ...given, index: (index + 1) % size })).toBe(false)
          expect(verifyInclusion(hash, { ...given, proof: proof.slice(1) })).toBe(false)
        }
      }),
    )
  })

  it('proves of every earlier tree that it is its beginning, and of no edited one', () => {
    fc.assert(
      fc.property(sized, ([size, oldSize]) => {
        const all = make(size)
        const root = hashTree(hash, all)
        const oldRoot = hashTree(hash, all.slice(0, oldSize))
        const proof = proveConsistency(hash, all, oldSize)
        const given = { oldSize, oldRoot, size, root, proof }
        expect(verifyConsistency(hash, given)).toBe(true)
        const other = hashLeaf(hash, Buffer.from('another'))
        expect(verifyConsistency(hash, { ...given, oldRoot: other })).toBe(false)
        expect(verifyConsistency(hash, { ...given, root: other })).toBe(oldSize === 0)
      }),
    )
  })
})
