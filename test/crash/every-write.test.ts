import { describe, expect, it } from 'vitest'
import { inFolder } from '../_program.ts'
import { cutOnSqlite } from './_sqlite-copies.ts'

/**
 * Rows of every table are compared with those of a run that was left alone: nothing lost, nothing done twice. What
 * was answered before the cut is asked for after it.
 */
describe('kill -9 before, inside and after every write', () => {
  it.each([
    ['import', 'each', 3],
    ['command line dream', 'in turn', 10],
    ['dream over the wire', 'in turn', 10],
    ['dream into its input store', 'in turn', 10],
    ['upload', 'in turn', 8],
    ['webhook', 'in turn', 3],
    ['receive', 'in turn', 5],
    ['restore', 'each', 3],
    ['schedule', 'each', 3],
    ['apply', 'in turn', 2],
    ['roll back', 'each', 3],
    ['experiment', 'each', 3],
    ['outcomes', 'in turn', 10],
    ['holdback', 'each', 3],
  ] as const)(
    'of %s: the same rows as without',
    async (name, choice, least) => {
      const { cuts, different } = await inFolder((folder) => cutOnSqlite(folder, name, choice))
      expect(different).toEqual([])
      expect(cuts).toBeGreaterThanOrEqual(least)
    },
    300_000,
  )
})
