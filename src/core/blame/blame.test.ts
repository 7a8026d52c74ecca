import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blame } from './blame.ts'
import type { Turn } from './signals.ts'

const turn = (index: number, text: string, rest: Partial<Turn> = {}): Turn => ({
  index,
  speaker: 'Coder',
  text,
  role: 'act',
  runs: false,
  error: false,
  ...rest,
})
const request = turn(-1, 'How many clients live in even numbered houses?', { role: 'request' })
const opening = turn(0, 'The clients live in numbered houses; count how many are even.')

describe('blame', () => {
  it('names the turn whose code failed first, and says so', () => {
    const [first] = blame([
      request,
      opening,
      turn(1, 'I run the count over the sheet of clients now.', { runs: true }),
      turn(2, 'exitcode: 1, KeyError: Address', { role: 'result', error: true }),
      turn(3, 'The column has another name than I thought it had.'),
    ])
    expect(first).toMatchObject({
      index: 1,
      reasons: ['its code failed', 'first failure of the run'],
    })
  })

  it('names the turn that gives figures of its own before one that read them', () => {
    const read = turn(3, 'The page says 12.50 and 14.25 and 16.75 for the three kinds.')
    const [first] = blame([
      request,
      opening,
      turn(1, 'Here are the prices that I know: 20.10 and 18.20 and 90.30 a year.'),
      turn(2, 'prices 12.50 14.25 16.75', { role: 'result' }),
      read,
    ])
    expect(first?.index).toBe(1)
    expect(first?.reasons).toEqual(['states figures that nobody looked up'])
  })

  it('names an opening that works at something else', () => {
    const [first] = blame([
      request,
      turn(0, 'Debug the unknown language error of this script at once.'),
      turn(1, 'Which script is meant, and where does it stand?'),
    ])
    expect(first).toMatchObject({
      index: 0,
      reasons: ['works at something else than what was asked'],
    })
  })

  it('blames nobody where nobody acted, and never a machine, the user or a goodbye', () => {
    expect(blame([])).toEqual([])
    expect(blame([request, turn(1, 'one two three four five', { role: 'result' })])).toEqual([])
    expect(blame([turn(1, 'TERMINATE')])).toEqual([])
  })

  it('shares one suspicion among the turns of any run', () => {
    const anyTurn = fc.record({
      text: fc.string({ maxLength: 200 }),
      role: fc.constantFrom('act' as const, 'result' as const, 'request' as const),
      runs: fc.boolean(),
      error: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(anyTurn, { maxLength: 20 }), (drawn) => {
        const turns = drawn.map((one, index) => turn(index, `${one.text} a1b b2c c3d d4e e5f`, one))
        const suspects = blame(turns)
        expect(suspects.length).toBeLessThanOrEqual(turns.length)
        const sum = suspects.reduce((total, { score }) => total + score, 0)
        if (suspects.length > 0) expect(sum).toBeCloseTo(1)
        expect(blame(turns)).toEqual(suspects)
      }),
      { seed: 7, numRuns: 100 },
    )
  })
})
