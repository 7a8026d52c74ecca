import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect } from 'vitest'
import { airlineTranscripts } from '../_airline.ts'
import { ended } from '../_program.ts'
import { type Dump, listDifferences } from './_dump.ts'
import { type Kill, moments } from './_killing-database.ts'
import { type Opening, openPlace, type Place } from './_place.ts'
import { findAcknowledged, type Given, runScenario, type ScenarioName } from './_scenario.ts'

/** How a database gives each run a copy of a prepared place, and shows what it holds. */
export interface Copies {
  /** A place that holds what was prepared; gone when `use` is done. */
  readonly inCopy: <T>(name: string, use: (place: Place) => Promise<T>) => Promise<T>
  readonly dump: (place: Place) => Dump | Promise<Dump>
  /** Lets the leases of the dead run out, where nothing else tells that they are dead. */
  readonly expireLeases: (place: Place) => Promise<unknown>
}

/** each: all three moments of a write. in turn: the first write is cut before, the second inside, the third after. */
export type Choice = 'each' | 'in turn'

/** The first and the last so many writes are always cut; of those between, every third. */
const edge = 6

export function chooseCuts(writes: number, choice: Choice): Kill[] {
  const chosen = Array.from({ length: writes }, (_, index) => index + 1).filter(
    (at) => at <= edge || at > writes - edge || at % 3 === 0,
  )
  if (choice === 'each') return moments.flatMap((moment) => chosen.map((at) => ({ at, moment })))
  return chosen.map((at, index) => ({ at, moment: moments[index % 3] ?? 'before' }))
}

interface Cutting extends Copies {
  readonly name: ScenarioName
  readonly given: Given
  readonly choice: Choice
  /** Looks at a place that was cut off and went on to its end. */
  readonly check?: (place: Place, kill: Kill) => Promise<void>
}

/**
 * Runs the scenario once as it is, then cuts it off by kill -9, one copy a cut, runs it again on what is left,
 * and compares every row. Answers how often it was cut, how much had been acknowledged before, and after which cuts rows differ.
 */
export async function cutEverywhere(cutting: Cutting) {
  const { inCopy, dump, expireLeases, name, given, choice, check } = cutting

  const { writes, expected } = await inCopy('calm', async (place) => ({
    writes: await runScenario(name, place, { given }),
    expected: await dump(place),
  }))
  const told = { writes, cuts: 0, acknowledged: 0, different: [] as string[] }
  await eachOf(chooseCuts(writes, choice), 2, (kill) =>
    inCopy(`${kill.moment}-${kill.at}`, async (place) => {
      const { signal, code } = await ended(runAside({ name, place, given, kill }))
      // A beat more or less may come before the last ones; then the run ends well.
      const end = signal ?? code
      if (end !== 0 && end !== 'SIGKILL') throw new Error(`${kill.moment} ${kill.at}: ${end}`)
      if (signal !== null) told.cuts += 1
      told.acknowledged += await findAcknowledged(place)
      await expireLeases(place)
      await runScenario(name, place, { given })
      const differences = listDifferences(expected, await dump(place))
      if (differences.length > 0) {
        told.different.push([`${kill.moment} ${kill.at}`, ...differences].join('\n'))
      }
      await check?.(place, kill)
    }),
  )
  return told
}

interface Order extends Opening {
  readonly name: ScenarioName
  readonly place: Place
  readonly given: Given
}

/** The scenario in a process of its own. */
function runAside(order: Order): ChildProcess {
  return spawn(process.execPath, ['test/crash/_scenario.ts', JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // Halves the time that a process takes to start.
    env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'lucidream-test-compiled') },
  })
}

async function eachOf<T>(list: readonly T[], atOnce: number, work: (one: T) => Promise<void>) {
  const waiting = [...list]
  const lane = async () => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) await work(one)
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
}

/** A file with the first `count` of the bundled sessions: few enough for a run to take no time. */
export function writeFewTranscripts(folder: string, count: number): string {
  const path = join(airlineTranscripts, 'qwen2.5-7b__airline.json.gz')
  const whole = JSON.parse(gunzipSync(readFileSync(path)).toString('utf8'))
  const few = join(folder, 'few.json')
  writeFileSync(few, JSON.stringify({ ...whole, simulations: whole.simulations.slice(0, count) }))
  return few
}

/** Every event arrived, and twice at most where the cut fell between its answer and the record of it. */
export async function checkReceived(
  place: Place,
  { kill, received }: { readonly kill: Kill; readonly received: ReadonlyMap<string, number> },
): Promise<void> {
  const run = await openPlace(place)
  const { data } = await run.call<{ data: { state: string; event: { id: string } }[] }>(
    'GET',
    '/lucid/v1/webhook_deliveries',
  )
  await run.close()
  const times = data.map(({ event }) => received.get(event.id) ?? 0)
  expect(data.map(({ state }) => state)).toEqual(['delivered', 'delivered'])
  expect(times.toSorted()).toEqual(times.includes(2) ? [1, 2] : [1, 1])
  if (kill.moment === 'after') expect(times).toEqual([1, 1])
}

/** Counts what it receives by `webhook-id`. */
export async function startReceiver() {
  const received = new Map<string, number>()
  const server = createServer((request, response) => {
    const id = String(request.headers['webhook-id'])
    received.set(id, (received.get(id) ?? 0) + 1)
    request.resume().on('end', () => response.end('thanks'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
