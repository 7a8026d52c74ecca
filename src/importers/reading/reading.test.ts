import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { appendFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import type { Json } from '../../core/session.ts'
import { defaultLimits } from '../open.ts'
import { openBytes } from './bytes.ts'
import { readElements } from './elements.ts'
import { parseRecords, readLines } from './lines.ts'

const folder = mkdtempSync(join(tmpdir(), 'lucidream-reading-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function* cut(text: string | Uint8Array, size: number): AsyncIterable<Uint8Array> {
  const bytes = Buffer.from(text as string)
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size)
}

async function collect<T>(items: AsyncIterable<T>): Promise<{ items: T[]; error: unknown }> {
  const list: T[] = []
  try {
    for await (const item of items) list.push(item)
  } catch (error) {
    return { items: list, error }
  }
  return { items: list, error: null }
}

const file = (name: string, content: string | Uint8Array) => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}
const read = (path: string, limits = defaultLimits) => collect(openBytes({ path, limits }))

describe('lines', () => {
  it('are the same however the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: 'grapheme', maxLength: 20 })),
        fc.integer({ min: 1, max: 7 }),
        async (parts, size) => {
          const text = parts.join('\n')
          const [whole, pieces] = await Promise.all([
            collect(readLines(cut(text, 1_000_000), 1_000)),
            collect(readLines(cut(text, size), 1_000)),
          ])
          expect(pieces).toEqual(whole)
        },
      ),
    )
  })

  it('over the limit are counted and not kept', async () => {
    const { items } = await collect(readLines(cut(`a\n${'x'.repeat(50)}\nb`, 7), 10))
    expect(items).toEqual([
      { number: 1, text: 'a', invalidUtf8: false },
      { number: 2, tooLong: 50 },
      { number: 3, text: 'b', invalidUtf8: false },
    ])
  })

  it('say when their UTF-8 was invalid', async () => {
    const { items } = await collect(readLines(cut(Buffer.from([0x61, 0xff, 0x0a, 0x62]), 10), 10))
    expect(items).toEqual([
      { number: 1, text: 'a\uFFFD', invalidUtf8: true },
      { number: 2, text: 'b', invalidUtf8: false },
    ])
  })
})

describe('a line’s records', () => {
  it.each<[string, Json[], string | null]>([
    ['{"a":1}', [{ a: 1 }], null],
    ['{"a":"}{"}{"b":2}', [{ a: '}{' }, { b: 2 }], null],
    ['{"a":1,"b{"c":2}', [{ c: 2 }], '{"a":1,"b'],
    ['/speci{"a":1}', [{ a: 1 }], '/speci'],
    ['not json', [], 'not json'],
    ['{"a":1', [], '{"a":1'],
  ])('of %s', (line, records, torn) => {
    expect(parseRecords(line)).toEqual({ records, torn })
  })
})

describe('elements of a long array', () => {
  const options = { path: 'f', arrayKey: 'items', recordBytes: 1_000 }

  it('are what JSON.parse finds, however the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.jsonValue({ maxDepth: 3 }), { maxLength: 6 }),
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom(0, 2),
        async (list, size, indent) => {
          const elements = (text: string) => collect(readElements(cut(text, size), options))
          const outer = await elements(JSON.stringify(list, null, indent))
          const inner = await elements(
            JSON.stringify({ a: '[', items: list, z: { items: [1] } }, null, indent),
          )
          const values = JSON.parse(JSON.stringify(list))
          const found = (result: typeof outer) =>
            result.items.flatMap((piece) => (piece.type === 'element' ? [piece.value] : []))
          expect(outer.error).toBeNull()
          expect(found(outer)).toEqual(values)
          expect(found(inner)).toEqual(values)
          expect(inner.items.filter(({ type }) => type === 'member')).toHaveLength(2)
        },
      ),
    )
  })

  it.each([
    ['[1,2', 2 - 1, 'breaks off'],
    ['[1,2] x', 2, 'goes on after'],
    ['[1,{"a"},3]', 1, 'not valid JSON'],
    ['[1}', 1, 'wrong bracket'],
    ['hello', 0, 'does not begin'],
    [`[1,${'['.repeat(200_000)}`, 1, 'breaks off'],
  ])('of %.20s are delivered up to the fault', async (text, count, message) => {
    const { items, error } = await collect(
      readElements(cut(text, 64 * 1024), { ...options, recordBytes: 1e6 }),
    )
    expect(items).toHaveLength(count)
    expect(String(error)).toContain(message)
  })

  it('over the limit are counted and not kept', async () => {
    const { items } = await collect(readElements(cut(`[1,"${'x'.repeat(2_000)}",3]`, 100), options))
    expect(items.map(({ type }) => type)).toEqual(['element', 'tooLarge', 'element'])
  })
})

describe('the bytes of a file', () => {
  it('are decompressed by what they are, not by the name', async () => {
    const { items } = await read(file('no-name', gzipSync('hello')))
    expect(Buffer.concat(items).toString()).toBe('hello')
  })

  it('of a truncated gzip come up to the break, then the fault is named', async () => {
    const noise = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * i * 7919) >> 5))
    const whole = gzipSync(noise)
    const { items, error } = await read(file('cut.gz', whole.subarray(0, whole.length - 1_000)))
    expect(Buffer.concat(items).length).toBeGreaterThan(0)
    expect(error).toMatchObject({ code: 'file_truncated' })
  })

  it('of an empty file are refused', async () => {
    expect((await read(file('empty', ''))).error).toMatchObject({ code: 'file_empty' })
  })

  it('of a zip bomb stop at the ratio', async () => {
    const bomb = gzipSync(Buffer.alloc(80 * 1024 * 1024))
    const { error } = await read(file('bomb.gz', bomb))
    expect(error).toMatchObject({ code: 'limit_exceeded' })
    expect(String(error)).toContain('200 times')
  })

  it('of a file that changes meanwhile are not taken for whole', async () => {
    const path = file('live', 'a\n'.repeat(10))
    const bytes = openBytes({ path, limits: defaultLimits })
    const run = (async () => {
      for await (const _ of bytes) await appendFile(path, 'more')
    })()
    await expect(run).rejects.toMatchObject({ code: 'file_changed' })
  })
})
