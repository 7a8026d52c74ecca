import { readdirSync, readFileSync, statSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { pino } from 'pino'
import { openEmbedded } from '../src/app.ts'
import type { Opened } from '../src/cli/surroundings.ts'
import { joinSimilar } from '../src/core/items/near-duplicates.ts'
import { shingle } from '../src/core/items/words.ts'
import { dream } from '../src/pipeline/dream.ts'
import { importPaths } from '../src/pipeline/import.ts'
import { openDefaultStore } from '../src/pipeline/memory-store.ts'
import { inFolder, measure, megabytes, print, spend, spendMedian } from './_measure.ts'
import { renderResults } from './_render.ts'
import { seeded, writeSessions } from './_sessions.ts'
import { benchAppend } from './append.ts'
import { benchAttacks } from './attacks.ts'
import { benchAttacksStored } from './attacks-stored.ts'
import { benchAudit } from './audit.ts'
import { benchAway } from './away.ts'
import { benchBenign } from './benign.ts'
import { benchBlame } from './blame.ts'
import { benchBypass } from './bypass.ts'
import { benchDemonstrations } from './demonstrations.ts'
import { benchEntireCli } from './entire-cli.ts'
import { benchForged } from './forged.ts'
import { benchFuzz } from './fuzz.ts'
import { benchInjected } from './injected.ts'
import { benchJobs } from './jobs.ts'
import { benchKilled } from './killed.ts'
import { benchLabelDraw, benchLabelSheet, benchLabels } from './labels.ts'
import { benchLineage } from './lineage.ts'
import { benchLoad } from './load.ts'
import { benchLocomo } from './locomo.ts'
import { benchLoghub } from './loghub.ts'
import { benchMemoryHistories } from './memory-histories.ts'
import { benchNoise } from './noise.ts'
import { benchPeers } from './peers.ts'
import { benchPlanted } from './planted.ts'
import { benchProfile } from './profile.ts'
import { benchProof } from './proof.ts'
import { benchProofParts } from './proof-parts.ts'
import { benchReplication } from './replication.ts'
import { benchScale } from './scale.ts'
import { benchSearch } from './search.ts'
import { benchTwentyDreams } from './twenty-dreams.ts'
import { benchWordings } from './wordings.ts'
import { benchWorkplace } from './workplace.ts'

const operator = { type: 'user', id: 'bench' } as const
const quiet = () => {}

async function withDatabase<T>(folder: string, use: (opened: Opened) => Promise<T>): Promise<T> {
  const opened = await openEmbedded({
    dataDirectory: folder,
    secrets: { maskKey: 'a key for measuring', secretKey: null, bootstrapKey: null },
    log: pino({ level: 'silent' }),
    clock: Date.now,
    signal: new AbortController().signal,
  })
  try {
    return await use(opened)
  } finally {
    await opened.close()
  }
}

async function dreamOver({ context }: Opened) {
  const storeId = await openDefaultStore(context, operator)
  return dream(context, { storeId, filter: {}, actor: operator }, quiet)
}

/** Bundled transcripts: everything an import does, against JSON.parse of the same bytes. */
async function benchBundled(): Promise<void> {
  const folder = 'data/airline/transcripts'
  const texts = readdirSync(folder)
    .filter((name) => name.endsWith('.gz'))
    .map((name) => gunzipSync(readFileSync(join(folder, name))))
  const bytes = texts.reduce((sum, text) => sum + text.length, 0)
  const parse = await measure(5, () => texts.map((text) => JSON.parse(text.toString('utf8'))))
  const imported = await measure(3, () =>
    inFolder((data) => withDatabase(data, ({ context }) => importPaths(context, [folder], quiet))),
  )
  const dreamt = await inFolder((data) =>
    withDatabase(data, async (opened) => {
      await importPaths(opened.context, [folder], quiet)
      return measure(1, () => dreamOver(opened))
    }),
  )
  print('bundled, 315 sessions', {
    bytes: megabytes(bytes),
    'JSON.parse s': parse,
    'import s': imported,
    'import × JSON.parse': imported / parse,
    'dream s': dreamt,
    'dream × JSON.parse': dreamt / parse,
  })
}

/** 1 000 sessions of 100 steps: import, first dream, second dream with 1 % new sessions. */
async function benchThousand(): Promise<void> {
  await inFolder(async (folder) => {
    const [path, more] = [join(folder, 'all.jsonl'), join(folder, 'more.jsonl')]
    await writeSessions(path, { sessions: 1_000, steps: 100 })
    await writeSessions(more, { sessions: 10, steps: 100, from: 1_000 })
    const lines = readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
    const parse = await spendMedian(5, () => lines.map((line) => JSON.parse(line)))
    await withDatabase(join(folder, 'data'), async (opened) => {
      const imported = await spend(() => importPaths(opened.context, [path], quiet))
      const first = await spend(() => dreamOver(opened))
      const rss = process.memoryUsage.rss()
      await importPaths(opened.context, [more], quiet)
      const second = await spend(() => dreamOver(opened))
      print('1 000 sessions × 100 steps', { bytes: megabytes(statSync(path).size) })
      for (const clock of ['wall', 'cpu'] as const) {
        print(`  by ${clock}`, {
          'JSON.parse s': parse[clock],
          'import s': imported[clock],
          'import × JSON.parse': imported[clock] / parse[clock],
          'first dream s': first[clock],
          'first dream × JSON.parse': first[clock] / parse[clock],
          'second dream, 1 % new, s': second[clock],
          'second / first': second[clock] / first[clock],
        })
      }
      print('  memory', { 'rss after the first dream': megabytes(rss) })
    })
  })
}

/** One file of 500 MB: how much the process grows while it is imported. */
async function benchLargeFile(): Promise<void> {
  await inFolder(async (folder) => {
    const path = join(folder, 'large.jsonl')
    await writeSessions(path, { sessions: 14_000, steps: 100 })
    await withDatabase(join(folder, 'data'), async ({ context }) => {
      globalThis.gc?.()
      const before = process.memoryUsage.rss()
      let highest = before
      const watch = setInterval(() => {
        highest = Math.max(highest, process.memoryUsage.rss())
      }, 50)
      const seconds = await measure(1, () => importPaths(context, [path], quiet))
      clearInterval(watch)
      print('one large file', {
        bytes: megabytes(statSync(path).size),
        'import s': seconds,
        'MB/s': statSync(path).size / 1e6 / seconds,
        'rss grows by': megabytes(highest - before),
      })
    })
  })
}

/** Every near-duplicate pair, exactly. */
async function benchJoin(): Promise<void> {
  for (const count of [10_000, 50_000]) await joinNotes(count)
}

async function joinNotes(count: number): Promise<void> {
  const random = seeded(7)
  const word = () => `w${Math.floor(random() ** 2 * 4_000)}`
  const notes = Array.from({ length: count }, () => Array.from({ length: 20 }, word).join(' '))
  for (let i = 0; i < count / 20; i += 1)
    notes[i * 20 + 1] = (notes[i * 20] ?? '').replace(/w\d+$/, 'changed')
  const sets = notes.map(shingle)
  let pairs = 0
  const seconds = await measure(3, () => {
    pairs = joinSimilar(sets, 0.7).length
  })
  print(`near-duplicates, ${count} notes`, { s: seconds, pairs })
}

const benches = {
  append: benchAppend,
  attacks: benchAttacks,
  'attacks-stored': benchAttacksStored,
  away: benchAway,
  bypass: benchBypass,
  forged: benchForged,
  demonstrations: benchDemonstrations,
  fuzz: benchFuzz,
  audit: benchAudit,
  bundled: benchBundled,
  thousand: benchThousand,
  jobs: benchJobs,
  killed: benchKilled,
  join: benchJoin,
  histories: benchMemoryHistories,
  injected: benchInjected,
  lineage: benchLineage,
  load: benchLoad,
  noise: benchNoise,
  large: benchLargeFile,
  labels: benchLabels,
  'label-draw': benchLabelDraw,
  'label-sheet': benchLabelSheet,
  locomo: benchLocomo,
  loghub: benchLoghub,
  benign: benchBenign,
  blame: benchBlame,
  'entire-cli': benchEntireCli,
  peers: benchPeers,
  planted: benchPlanted,
  profile: benchProfile,
  proof: benchProof,
  'proof-parts': benchProofParts,
  replication: benchReplication,
  scale: benchScale,
  search: benchSearch,
  'twenty-dreams': benchTwentyDreams,
  wordings: benchWordings,
  workplace: benchWorkplace,
}

console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`)
const wanted = process.argv.slice(2)
if (wanted.includes('results')) renderResults()
for (const [name, bench] of Object.entries(benches)) {
  // Rivals are installed and whole days of sessions made only when asked for by name.
  const whole = wanted.length === 0 && name !== 'peers' && name !== 'scale' && name !== 'fuzz'
  if (whole || wanted.includes(name)) await bench()
}
