import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ItemOperation } from './combine.ts'
import { taintAfter } from './combine.ts'
import { endorse } from './endorsement.ts'
import { LineTaints } from './line-taints.ts'
import { compareTaints, isBelow, lowestTaint, type Taint, taints } from './taint.ts'

const anyTaint = fc.constantFrom(...taints)
const operations: readonly ItemOperation[] = [
  'add',
  'edit',
  'merge',
  'supersede',
  'retire',
  'move',
  'paraphrase',
  'apply',
  'invert',
  'import',
  'export',
  'dream',
]

describe('the lattice', () => {
  it('is ordered from untrusted to operator', () => {
    expect(taints.toSorted(compareTaints)).toEqual(taints)
    expect(isBelow('agent', 'user')).toBe(true)
    expect(isBelow('user', 'user')).toBe(false)
  })

  it('gives the lowest of all, in any order, and untrusted for nothing', () => {
    fc.assert(
      fc.property(fc.array(anyTaint, { minLength: 1 }), (all) => {
        const lowest = lowestTaint(all)
        expect(lowest).toBe(lowestTaint(all.toReversed()))
        for (const one of all) expect(isBelow(one, lowest)).toBe(false)
      }),
    )
    expect(lowestTaint([])).toBe('untrusted')
  })

  it('gives no operation more than the lowest of its bases and evidence, nor more for lower parts', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...operations),
        fc.record({ writer: anyTaint, bases: fc.array(anyTaint), evidence: fc.array(anyTaint) }),
        anyTaint,
        (operation, parts, lower) => {
          const taint = taintAfter(operation, parts)
          for (const one of [...parts.bases, ...parts.evidence])
            expect(isBelow(one, taint)).toBe(false)
          const less = taintAfter(operation, { ...parts, bases: [...parts.bases, lower] })
          if (parts.bases.length + parts.evidence.length > 0)
            expect(isBelow(taint, less)).toBe(false)
        },
      ),
    )
  })
})

/** A store with the true origin of every line beside it: each line is a word that stands nowhere else. */
class World {
  readonly stores = [new LineTaints(), new LineTaints()]
  readonly documents: Map<string, string[]>[] = [new Map(), new Map()]
  /** True lowest origin by the line's own word. */
  readonly origin = new Map<string, Taint>()
  #next = 0

  newLine(origin: Taint, words = ''): string {
    const word = `fact${this.#next++}`
    this.origin.set(word, origin)
    return `- ${word} alpha ${words}`.trim()
  }

  write(
    store: number,
    path: string,
    given: { lines: string[]; writer: Taint; known?: [string, Taint][]; from?: number },
  ) {
    this.documents[store]?.set(path, given.lines)
    this.stores[store]?.write({
      path,
      content: given.lines.join('\n'),
      writer: given.writer,
      known: (given.known ?? []).map(([text, taint]) => ({ text, taint })),
      takenFrom: given.from === undefined ? null : (this.stores[given.from] ?? null),
    })
  }

  lines(store: number, path: string): string[] {
    return this.documents[store]?.get(path) ?? []
  }

  taintOf(store: number, path: string, line: string): Taint {
    return this.stores[store]?.of(path, line) ?? 'untrusted'
  }

  /** Every word of a line is as low as its lowest origin. */
  truthOf(line: string): Taint {
    return lowestTaint((line.match(/fact\d+/g) ?? []).map((word) => this.origin.get(word) as Taint))
  }

  findRaised(): string[] {
    return this.documents.flatMap((documents, store) =>
      [...documents].flatMap(([path, lines]) =>
        lines.filter((line) => isBelow(this.truthOf(line), this.taintOf(store, path, line))),
      ),
    )
  }
}

interface Move {
  readonly operation: ItemOperation
  readonly store: number
  readonly path: string
  readonly other: string
  readonly at: number
  readonly writer: Taint
}

function play(world: World, { operation, store, path, other, at, writer }: Move): void {
  const lines = world.lines(store, path)
  const line = lines[at % Math.max(lines.length, 1)]
  const there = world.lines(store, other)
  if (operation === 'add' || line === undefined) {
    world.write(store, path, { lines: [...lines, world.newLine(writer)], writer })
    return
  }
  const rest = lines.filter((one) => one !== line)
  const sources = [
    world.taintOf(store, path, line),
    ...there.map((one) => world.taintOf(store, other, one)),
  ]
  switch (operation) {
    case 'edit':
      world.write(store, path, { lines: [...rest, `${line} beta`], writer })
      break
    case 'retire':
      world.write(store, path, { lines: rest, writer })
      break
    case 'merge':
    case 'supersede':
      world.write(store, path, { lines: rest.length === 0 ? [line] : rest, writer })
      break
    case 'move':
      world.write(store, path, { lines: rest, writer })
      world.write(store, other, { lines: [...world.lines(store, other), line], writer })
      break
    case 'invert':
      world.write(store, path, { lines: rest, writer: 'operator' })
      world.write(store, path, { lines, writer: 'operator' })
      break
    case 'paraphrase':
    case 'apply': {
      const said = [line, ...there].flatMap((one) => one.match(/fact\d+/g) ?? []).join(' so ')
      const taint = taintAfter('paraphrase', { writer: 'operator', bases: sources, evidence: [] })
      const text = `- In short ${said}`
      world.write(store, path, { lines: [...rest, text], writer: 'agent', known: [[text, taint]] })
      break
    }
    case 'dream':
      for (const [name, content] of world.documents[store] ?? []) {
        world.write(1 - store, name, { lines: content, writer: 'agent', from: store })
      }
      break
    case 'export':
    case 'import': {
      const known = lines.map((one): [string, Taint] => [one, world.taintOf(store, path, one)])
      world.write(1 - store, path, { lines, writer: 'operator', known })
      break
    }
  }
}

const anyMove: fc.Arbitrary<Move> = fc.record({
  operation: fc.constantFrom(...operations),
  store: fc.nat(1),
  path: fc.constantFrom('/a.md', '/b.md'),
  other: fc.constantFrom('/a.md', '/b.md'),
  at: fc.nat(5),
  writer: anyTaint,
})

describe('taint through operations', () => {
  it('is never higher than the lowest origin, over 100 000 random chains', {
    timeout: 240_000,
  }, () => {
    fc.assert(
      fc.property(fc.array(anyMove, { minLength: 2, maxLength: 8 }), (moves) => {
        const world = new World()
        for (const move of moves) play(world, move)
        return world.findRaised().length === 0
      }),
      { numRuns: 100_000, seed: 5 },
    )
  })

  it('stays when an operator writes an agent’s line again, elsewhere or with hidden characters', () => {
    const store = new LineTaints()
    const write = (path: string, content: string, writer: Taint) =>
      store.write({ path, content, writer, known: [], takenFrom: null })
    write('/a.md', '- Refund everybody who asks.', 'agent')
    write('/b.md', '* refund  every\u200bbody who asks.', 'operator')
    expect(store.of('/b.md', 'Refund everybody who asks.')).toBe('agent')
  })

  it('of an operator’s line stays when an agent copies it to another memory', () => {
    const store = new LineTaints()
    const write = (path: string, content: string, writer: Taint) =>
      store.write({ path, content, writer, known: [], takenFrom: null })
    write('/a.md', 'Bags cost 50 USD.', 'operator')
    write('/b.md', 'Bags cost 50 USD.', 'agent')
    expect(store.of('/a.md', 'Bags cost 50 USD.')).toBe('operator')
    expect(store.of('/b.md', 'Bags cost 50 USD.')).toBe('agent')
  })

  it('of a line that stands nowhere is untrusted', () => {
    expect(new LineTaints().of('/a.md', 'anything')).toBe('untrusted')
  })
})

describe('an endorsement', () => {
  const given = { person: 'Ann Lee', from: 'agent', to: 'user' } as const

  it('raises a line, and what a program then writes does not raise others', () => {
    const store = new LineTaints()
    store.write({
      path: '/a.md',
      content: 'A line.\nAnother.',
      writer: 'agent',
      known: [],
      takenFrom: null,
    })
    const endorsed = endorse({ actor: { type: 'user', id: 'ann' }, ...given })
    store.raise('/a.md', 'A line.', endorsed.to)
    expect(store.of('/a.md', 'A line.')).toBe('user')
    expect(store.of('/a.md', 'Another.')).toBe('agent')
  })

  it('is a named person’s and never lowers', () => {
    for (const type of ['service_account', 'session', 'dream', 'importer'] as const) {
      expect(() => endorse({ actor: { type, id: 'x' }, ...given })).toThrow('Only a named person')
    }
    const nobody = { actor: { type: 'api_key', id: 'k' }, ...given, person: ' ' } as const
    expect(() => endorse(nobody)).toThrow('Only a named person')
    expect(() => endorse({ actor: { type: 'user', id: 'ann' }, ...given, to: 'agent' })).toThrow(
      'already',
    )
  })
})
