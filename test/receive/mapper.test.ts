import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { Re2Regexp } from '../../src/core/receive/re2-regexp.ts'
import { openMapper } from '../../src/pipeline/receive/mapper.ts'
import { receivedAt } from './_mapping.ts'

const mapper = openMapper()
afterAll(() => mapper.close())

const run = (mapping: string, payload: unknown = {}, condition: string | null = null) =>
  mapper.map({
    mapping,
    condition,
    event: 'x',
    headers: {},
    body: Buffer.from(JSON.stringify(payload)),
    receivedAt,
  })

const text = `${'a'.repeat(5_000)}!`
/** So that a mapping after a hostile one shows that nothing of it is left. */
const calm = async () =>
  expect(await run('{"kind": "ci", "success": true}')).toMatchObject({ type: 'signals' })

describe('a hostile expression', () => {
  it.each([
    [
      'a pattern that takes exponential time elsewhere',
      '$match(t, /^(a+)+$/)',
      'ignored',
      'nothing',
    ],
    ['the same in what $eval would run', '$eval("$match(t, /^(a+)+$/)")', 'failed', '$eval'],
    ['endless recursion', '($f := function($x) {$f($x)}; $f(1))', 'failed', 'timeout'],
    ['deep recursion', '($f := function($x) {1 + $f($x)}; $f(1))', 'failed', 'Stack'],
    ['one huge text', '$length($pad("x", 400000000))', 'failed', ''],
    ['chance', '$random()', 'failed', '$random'],
    ['a way out of the language', '$.constructor.constructor("return process")()', 'ignored', ''],
    ['a result without end', '$map([1..9000], function($i) {$pad("z", 100)})', 'failed', 'longer'],
  ])('with %s does no harm', async (_, mapping, ...[type, reason]) => {
    expect(await run(mapping, { t: text })).toMatchObject({
      type,
      reason: expect.stringContaining(reason),
    })
    await calm()
  })

  it('is killed when nothing inside of it can stop it, and says what to do', async () => {
    const ten = '[0,1,2,3,4,5,6,7,8,9]'
    const condition = 'abcdefghij'
      .split('')
      .reduce((inner, name) => `${ten}.all(${name}, ${inner})`, 'true')
    expect(await run('1', {}, condition)).toMatchObject({
      type: 'failed',
      reason: expect.stringContaining('ended after 2 s'),
    })
    await calm()
  })

  it('is handed nothing but the delivery: not its files, its environment or other mappings', async () => {
    await run('$merge([$, {"__proto__": {"polluted": 1}}])', {})
    expect(await run('polluted', {})).toMatchObject({ type: 'ignored' })
    expect(await run('process.env', {})).toMatchObject({ type: 'ignored' })
  })
})

describe('a hostile payload', () => {
  it('that nests deeper than any stack is a failure with a reason', async () => {
    const depth = 200_000
    const body = Buffer.from(`${'{"n":'.repeat(depth)}1${'}'.repeat(depth)}`)
    const task = { mapping: '**', condition: null, event: '', headers: {}, body, receivedAt }
    expect((await mapper.map(task)).type).toBe('failed')
    await calm()
  })

  it('never gives anything but signals, a reason to have none, or a fault', async () => {
    const mapping =
      '{"kind": kind, "value": value, "success": success, "subjects": subjects, "components": components, "decided_at": at}'
    await fc.assert(
      fc.asyncProperty(
        fc.record(
          {
            kind: fc.oneof(fc.constant('ci'), fc.anything({ maxDepth: 1 })),
            value: fc.oneof(fc.double(), fc.constant(0.5)),
            success: fc.oneof(fc.boolean(), fc.string()),
            subjects: fc.jsonValue(),
            components: fc.jsonValue(),
            at: fc.oneof(fc.constant('2026-11-20T10:00:00+02:00'), fc.string()),
          },
          { requiredKeys: [] },
        ),
        async (payload) => {
          const mapped = await run(mapping, JSON.parse(JSON.stringify(payload)))
          if (mapped.type !== 'signals') expect(mapped.reason.length).toBeGreaterThan(0)
          for (const signal of mapped.type === 'signals' ? mapped.signals : []) {
            expect(signal.value === null || (signal.value >= 0 && signal.value <= 1)).toBe(true)
            expect(signal.decidedAt === null || signal.decidedAt.endsWith('Z')).toBe(true)
          }
        },
      ),
      { numRuns: 150 },
    )
  })

  it('cannot decide in the far future, where no later truth would count', async () => {
    const mapping = '{"kind": "ci", "success": true, "decided_at": at}'
    expect(await run(mapping, { at: '2026-11-26T07:00:00Z' })).toMatchObject({ type: 'signals' })
    expect(await run(mapping, { at: '2999-01-01T00:00:00Z' })).toMatchObject({ type: 'failed' })
  })
})

describe('patterns', () => {
  it('match where a RegExp matches, with the same groups', () => {
    const patterns = [/(\w+)@(\w+)/g, /#(\d+)|(x)/g, /^ab*/gm, /é+/gi, /[^/]+\/[\w.-]+/g]
    fc.assert(
      fc.property(
        fc.constantFrom(...patterns),
        fc.array(fc.constantFrom('a', 'b', '@', '#', '1', '/', 'x', '\n', 'é', '😀', '.')),
        (pattern, parts) => {
          const given = parts.join('')
          const ours = new Re2Regexp(pattern)
          const theirs = new RegExp(pattern)
          for (let turn = 0; turn < 4; turn += 1) {
            const [one, other] = [ours.exec(given), theirs.exec(given)]
            expect(one && { ...one }).toEqual(other && { ...[...other], index: other.index })
            if (one === null || one[0] === '') return
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})
