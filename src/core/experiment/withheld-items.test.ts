import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openLedgers } from './item-ledgers.ts'
import { type Mac, tossArm } from './toss.ts'
import { withholdItems } from './withheld-items.ts'

const hash = (text: string) => createHash('sha256').update(text).digest('hex')
const macWith =
  (salt: string): Mac =>
  (message) =>
    createHash('sha256').update(`${salt}\0${message}`).digest()

const toDocument = (content: string, path = '/a.md') => ({
  path,
  content,
  contentSha256: hash(content),
})

test('each change is tossed for with its own chance, the same unit always gets the same arm, a closed change is in none', () => {
  const mac = macWith('salt')
  const units = Array.from({ length: 4_000 }, (_, at) => `u${at}`)
  const arms = units.map((unit) =>
    tossArm({ unit, changes: ['open', 'open', 'closed'], pi: 0.25 }, mac),
  )
  const again = units.map((unit) =>
    tossArm({ unit, changes: ['open', 'open', 'closed'], pi: 0.25 }, mac),
  )
  expect(again).toEqual(arms)
  const share = (fits: (arm: string) => boolean) => arms.filter(fits).length / arms.length
  expect(share((arm) => arm[0] === '1')).toBeCloseTo(0.25, 1)
  expect(share((arm) => arm[1] === '1')).toBeCloseTo(0.25, 1)
  expect(share((arm) => arm.startsWith('11'))).toBeCloseTo(0.0625, 1)
  expect(share((arm) => arm[2] === '1')).toBe(0)
})

test('whoever was in the candidate at a lower chance is so at a higher one', () => {
  fc.assert(
    fc.property(fc.string(), fc.double({ min: 0.05, max: 0.9, noNaN: true }), (unit, pi) => {
      const toss = (chance: number) =>
        tossArm({ unit, changes: ['open'], pi: chance }, macWith('s'))
      if (toss(pi) === '1') expect(toss(pi + 0.05)).toBe('1')
    }),
  )
})

const withhold = (content: string, unit: string, share = 0.1) =>
  withholdItems([toDocument(content)], {
    unit,
    settings: { share, exemptPaths: ['/safe/**'] },
    mac: macWith('w'),
    hash,
  })

test('what is left out is whole lines of bullets and paragraphs; all the rest stands byte for byte', () => {
  const line = fc.constantFrom(
    '- One.',
    '- Two.',
    '  - Under.',
    '# Head',
    'Words.',
    '',
    '| a | b |',
    '```',
    '* x',
  )
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), fc.nat(50), (lines, seed) => {
      const content = lines.join('\n')
      const { documents, withheld, eligible } = withhold(content, `u${seed}`)
      const left = documents[0]?.content ?? ''
      if (withheld.length === 0) expect(left).toBe(content)
      else expect(left.length).toBeLessThan(content.length)
      expect(new Set(eligible.map(({ id }) => id))).toEqual(
        new Set([...eligible.map(({ id }) => id), ...withheld]),
      )
      const kept = left.split('\n')
      let at = 0
      for (const one of kept) {
        const found = (lines as string[]).indexOf(one, at)
        if (one !== '') expect(found).toBeGreaterThanOrEqual(at)
        if (found >= at) at = found + 1
      }
      expect(withhold(content, `u${seed}`)).toEqual({ documents, withheld, eligible })
    }),
  )
})

test('each item goes for about its share of units, and what protects somebody never does', () => {
  const content =
    '# Work\n\n- Refund first.\n- Say the price.\n- Keep this. <!-- lucidream:keep -->\n- Compliance asks twice.\n\n# Safety\n\n- Never share keys.\n'
  const gone = new Map<string, number>()
  const units = 600
  for (let at = 0; at < units; at += 1) {
    const { documents, eligible } = withhold(content, `u${at}`)
    expect(eligible).toHaveLength(2)
    const text = documents[0]?.content ?? ''
    for (const part of ['Refund', 'price', 'Keep', 'Compliance', 'Never']) {
      if (!text.includes(part)) gone.set(part, (gone.get(part) ?? 0) + 1)
    }
  }
  expect([...gone.keys()].toSorted()).toEqual(['Refund', 'price'])
  for (const count of gone.values()) expect(count / units).toBeCloseTo(0.1, 1)
  const exempt = withholdItems([toDocument(content, '/safe/a.md')], {
    unit: 'u',
    settings: { share: 0.1, exemptPaths: ['/safe/**'] },
    mac: macWith('w'),
    hash,
  })
  expect(exempt.eligible).toEqual([])
})

/** Units that do better with `good` and worse with `bad`; `kept` is never left out. */
function useItems(units: number, names: readonly string[]) {
  const eligible = names.map((id) => ({ id, path: `/${id}.md` }))
  const coin = (of: string) => macWith('l')(of)[0] as number
  return Array.from({ length: units }, (_, at) => {
    const gone = names.filter((id) => id !== 'kept' && coin(`${id} ${at}`) < 26)
    const withheld = new Set(gone)
    const rate = 0.5 + (withheld.has('good') ? -0.35 : 0) + (withheld.has('bad') ? 0.35 : 0)
    const value = coin(`y ${at}`) / 256 < rate ? 1 : 0
    return { share: 26 / 256, eligible, withheld, value, came: 'in_time' } as const
  })
}

test('the ledgers call an item helpful that units do better with, harmful that they do worse with, and nothing else', () => {
  const ledgers = openLedgers()
  for (const use of useItems(3_000, ['good', 'none', 'bad', 'kept'])) ledgers.take(use)
  const { items, units } = ledgers.close()
  expect(units).toBe(3_000)
  const verdicts = Object.fromEntries(items.map(({ id, verdict }) => [id, verdict]))
  expect(verdicts).toEqual({
    good: 'helpful',
    none: 'not_proven',
    bad: 'harmful',
    kept: 'not_estimable',
  })
  const says = Object.fromEntries(items.map((one) => [one.id, one.says]))
  expect(says.bad).toMatch(
    /^does harm, retire it: \d\d\.\d % of \d+ units with it, \d\d\.\d % of \d+ without; /,
  )
  expect(says.kept).toBe('not estimable: it was never left out, in 3000 units')
  const bad = items.find(({ id }) => id === 'bad')
  expect((bad?.given.units ?? 0) + (bad?.withheld.units ?? 0)).toBe(3_000)
  expect(bad?.withheld.mean ?? 0).toBeGreaterThan((bad?.given.mean ?? 1) + 0.2)
})

test('what is not shown at twenty to one is not shown, though it is the only item and e-BH would take ten', () => {
  let seen = 0
  const ledgers = openLedgers()
  for (const use of useItems(3_000, ['bad'])) {
    ledgers.take(use)
    const [item] = ledgers.close().items
    const { harms = 0, verdict } = item ?? {}
    if (harms > 10 && harms < 20) seen += 1
    expect(verdict === 'harmful', `E = ${harms}`).toBe(harms >= 20)
  }
  expect(seen).toBeGreaterThan(0)
})

test('many items that do nothing hide one that has little evidence, as e-BH asks', () => {
  const names = ['bad', ...Array.from({ length: 400 }, (_, at) => `idle ${at}`)]
  const [alone, among] = [openLedgers(), openLedgers()]
  const eligible = [{ id: 'bad', path: '/bad.md' }]
  let found = false
  for (const use of useItems(600, names)) {
    alone.take({ ...use, eligible })
    among.take(use)
    const [item] = alone.close().items
    if (item?.verdict !== 'harmful' || item.harms > 1_000) continue
    found = true
    expect(among.close().items.find(({ id }) => id === 'bad')?.verdict).toBe('not_proven')
    break
  }
  expect(found).toBe(true)
})

test('units behind the most coins that an answer counts are refused, not lost among the others', () => {
  const ledgers = openLedgers(10)
  const taken = useItems(5, ['a', 'b', 'c']).map((use) => ledgers.take(use))
  expect(taken).toEqual([true, true, true, false, false])
  expect(ledgers.close()).toMatchObject({ units: 3 })
})
