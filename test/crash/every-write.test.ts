import { spawn } from 'node:child_process'
import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { airlineMemory, airlineTranscripts } from '../_airline.ts'
import { ended, inFolder } from '../_program.ts'
import { dumpSqlite } from './_dump.ts'
import { type Kill, moments } from './_killing-database.ts'

/** More than any scenario has; the last ones are not reached and end well. */
const mostWrites = 200

interface Run {
  readonly scenario: string
  readonly data: string
  readonly kill?: Kill
  readonly given: Readonly<Record<string, string>>
}

function run({ scenario, data, kill = { at: 0, moment: 'before' }, given }: Run) {
  const args = ['test/crash/_scenario.ts', scenario, data, JSON.stringify({ kill, given })]
  return ended(spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] }))
}

/** Cuts the scenario off at every write and moment, one data folder each, and runs it again. */
async function cutEverywhere(folder: string, prepared: string, given: Omit<Run, 'data' | 'kill'>) {
  const prepare = (name: string) => {
    const data = join(folder, name)
    cpSync(prepared, data, { recursive: true })
    return data
  }
  const calm = prepare('calm')
  expect((await run({ ...given, data: calm })).code).toBe(0)
  const expected = dumpSqlite(join(calm, 'lucidream.db'))
  let cuts = 0
  for (const moment of moments) {
    for (let at = 1; at <= mostWrites; at += 1) {
      const data = prepare(`${moment}-${at}`)
      const { signal, code } = await run({ ...given, data, kill: { at, moment } })
      if (signal === 'SIGKILL') {
        cuts += 1
        expect((await run({ ...given, data })).code, `again after ${moment} ${at}`).toBe(0)
      } else expect(code).toBe(0)
      expect(dumpSqlite(join(data, 'lucidream.db')), `${moment} ${at}`).toEqual(expected)
      if (signal !== 'SIGKILL') break
    }
  }
  return cuts
}

const fewTranscripts = join(airlineTranscripts, 'qwen2.5-7b__airline.json.gz')

describe('kill -9 before, inside and after every write', () => {
  it('of an import: the same rows as without', async () => {
    await inFolder(async (folder) => {
      const empty = join(folder, 'empty')
      mkdirSync(empty)
      const given = { transcripts: fewTranscripts }
      expect(await cutEverywhere(folder, empty, { scenario: 'import', given })).toBeGreaterThan(5)
    })
  }, 180_000)

  it('of a dream: the same rows as without', async () => {
    await inFolder(async (folder) => {
      const imported = join(folder, 'imported')
      await run({ scenario: 'import', data: imported, given: { transcripts: fewTranscripts } })
      const given = { memory: airlineMemory }
      expect(await cutEverywhere(folder, imported, { scenario: 'dream', given })).toBeGreaterThan(
        15,
      )
    })
  }, 300_000)

  it('of a dream that writes into its input store: the same rows as without', async () => {
    await inFolder(async (folder) => {
      const imported = join(folder, 'imported')
      await run({ scenario: 'import', data: imported, given: { transcripts: fewTranscripts } })
      const given = { memory: airlineMemory }
      expect(await cutEverywhere(folder, imported, { scenario: 'publish', given })).toBeGreaterThan(
        15,
      )
    })
  }, 300_000)

  it('of accepting and applying changes, and of rolling them back: the same rows as without', async () => {
    await inFolder(async (folder) => {
      const dreamt = join(folder, 'dreamt')
      await run({ scenario: 'import', data: dreamt, given: { transcripts: fewTranscripts } })
      await run({ scenario: 'dream', data: dreamt, given: { memory: airlineMemory } })
      const cuts = await cutEverywhere(folder, dreamt, { scenario: 'apply', given: {} })
      expect(cuts).toBeGreaterThan(8)
      await run({ scenario: 'apply', data: dreamt, given: {} })
      const second = join(folder, 'second')
      mkdirSync(second)
      expect(await cutEverywhere(second, dreamt, { scenario: 'roll_back', given: {} })).toBe(3)
    })
  }, 300_000)
})
