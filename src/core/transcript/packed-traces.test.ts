import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SessionId } from '../ids.ts'
import { Lexicon } from './lexicon.ts'
import { tellingWords } from './outputs.ts'
import { packTraces, type ReadTrace, unpackTraces } from './packed-traces.ts'
import type { Step, Trace } from './trace.ts'

const place = fc.oneof(fc.constant(-1), fc.nat(70_000), fc.nat(300))
const textOrNull = fc.option(fc.string({ unit: 'binary', maxLength: 6 }))
const numberOrNull = fc.option(fc.oneof(fc.nat(5), fc.double({ noNaN: true, min: 0, max: 1e9 })))

const stepFields = fc.record({
  at: fc.nat(100_000),
  tool: fc.string({ maxLength: 4 }),
  act: fc.string({ maxLength: 4 }),
  status: fc.constantFrom('ok', 'error', 'refused', 'canceled', 'no_result'),
  error: textOrNull,
  call: fc.nat(9),
  resource: place,
  result: place,
  resultAt: place,
  source: textOrNull,
  changesState: fc.constantFrom(null, true, false),
  reverts: fc.boolean(),
  resultTokens: fc.nat(2 ** 31 - 2),
  used: numberOrNull,
  seconds: numberOrNull,
  args: fc.option(
    fc.dictionary(fc.string({ maxLength: 4 }), fc.string(), { noNullPrototype: true }),
  ),
}) as fc.Arbitrary<Omit<Step, 'index'>>

const trace: fc.Arbitrary<Trace> = fc
  .record({
    id: fc.nat(),
    steps: fc.array(stepFields, { maxLength: 8 }),
    intent: fc.array(fc.string({ maxLength: 3 })),
    observations: fc.array(
      fc.record({
        step: fc.nat(9),
        entity: fc.string({ maxLength: 3 }),
        attribute: fc.string({ maxLength: 3 }),
        value: fc.string(),
      }),
      { maxLength: 4 },
    ),
    turns: fc.array(
      fc.record({
        at: fc.nat(),
        afterStep: fc.integer({ min: -1, max: 9 }),
        kind: fc.constantFrom('message', 'interrupt', 'refusal'),
        score: fc.nat(7),
        agrees: fc.boolean(),
      }),
      { maxLength: 2 },
    ),
  })
  .map(({ id, steps, ...rest }) => ({
    sessionId: `sesn_${id}` as SessionId,
    agent: { name: 'a', version: null, model: null },
    task: { type: null, id: null },
    principal: null,
    startedAt: null,
    steps: steps.map((step, index) => ({ index, ...step })),
    sayings: [],
    compactions: [],
    observationsLeftOut: 0,
    stopReason: null,
    usage: { inputTokens: 0, outputTokens: 0 },
    seconds: null,
    ...rest,
  }))

/** With what is made when it is asked for. */
const toPlain = ({ trace: { ...rest }, trace: { steps, observations } }: ReadTrace) => ({
  ...rest,
  steps,
  observations,
})

describe('packed traces', () => {
  it('come back as they were, in one lexicon with others', () => {
    fc.assert(
      fc.property(fc.array(trace, { maxLength: 4 }), fc.array(trace, { maxLength: 2 }), (a, b) => {
        const lexicon = new Lexicon()
        const packs = [a, b].map(packTraces)
        const read = packs.flatMap((packed) => unpackTraces(packed, lexicon))
        expect(read.map(toPlain)).toEqual([...a, ...b])
        expect(new Set(read.map(({ steps }) => steps.columns.lexicon)).size).toBeLessThan(2)
      }),
    )
  })

  it('are read from bytes that begin anywhere', () => {
    fc.assert(
      fc.property(fc.array(trace, { maxLength: 2 }), fc.nat(7), (traces, offset) => {
        const { head, body } = packTraces(traces)
        const inside = new Uint8Array(body.length + offset)
        inside.set(body, offset)
        const read = unpackTraces({ head, body: inside.subarray(offset) }, new Lexicon())
        expect(read.map(toPlain)).toEqual(traces)
      }),
    )
  })
})

describe('telling words', () => {
  const piece = fc.oneof(
    fc.constantFrom('.', '-', '_', ' ', '1', '9', 'a', 'Z', '"', ':', 'abcdefgh', '12.5-', 'a1'),
    fc.string({ unit: 'binary-ascii', maxLength: 3 }),
    fc.nat(60).map((length) => 'ab_1'.repeat(length)),
  )
  const text = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(''))

  it('are the same in ASCII text, which is scanned, and in other text, which is matched', () => {
    fc.assert(
      fc.property(text, (plain) => {
        expect([...tellingWords(plain)]).toEqual([...tellingWords(`${plain} é`)])
      }),
      { numRuns: 2_000 },
    )
  })
})
