import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { reconcile } from '../src/core/items/reconcile.ts'
import type { MemoryDocument } from '../src/core/memory.ts'
import { makeCase } from '../src/core/mining/_cases.ts'
import { clusterErrors } from '../src/core/mining/error-signatures.ts'
import { mine } from '../src/core/mining/mine.ts'
import { layOut } from '../src/core/mining/population.ts'
import { hash } from '../test/_airline.ts'
import { keepResults, type Row } from './_results.ts'
import { wilson } from './_statistics.ts'
import { type Observation, plantErrors, templateCount } from './peers/_errors.ts'
import { type LabelledPair, listPairs } from './peers/_pairs.ts'
import { rules } from './peers/rules.ts'

const packages = {
  'mnemosy-ai': ['mnemosy-ai@1.0.1'],
  openclaw: ['openclaw@2026.9.6'],
  mem0: ['mem0ai@3.3.1', 'better-sqlite3@12'],
} as const
type Peer = keyof typeof packages

interface PairVerdict {
  readonly merged: boolean
  /** Null: not made for contradictions. */
  readonly flagged: boolean | null
  /** False: the peer did not look at the pair at all. */
  readonly seen?: boolean
}

/**
 * Our engine, rivals and published rules on the same planted data. Rivals are installed into a folder
 * outside of the project ($PEERS_DIR, else a new one) and run in processes of their own; what cannot be
 * installed or run here is said, not scored.
 */
export function benchPeers(): void {
  const folder = process.env.PEERS_DIR ?? mkdtempSync(join(tmpdir(), 'lucidream-peers-'))
  mkdirSync(folder, { recursive: true })
  if (!existsSync(join(folder, 'package.json')))
    writeFileSync(join(folder, 'package.json'), '{"private":true}')
  const rows = [...measurePairs(folder), ...measureErrors(folder)]
  rows.push({
    metric: 'agentmemory (@agentmemory/agentmemory@0.9.29)',
    value: 'its rule only',
    goal: null,
    reached: null,
    note: 'its functions need its own engine process; the published rule (Jaccard above 0.70) stands among the rules',
  })
  keepResults('peers', rows)
}

function install(folder: string, peer: Peer): string | null {
  const [first] = packages[peer]
  const name = first.replace(/@[^@]+$/, '')
  if (existsSync(join(folder, 'node_modules', name))) return null
  try {
    execFileSync(
      'npm',
      ['i', '--ignore-scripts', '--omit=optional', '--no-audit', '--no-fund', ...packages[peer]],
      {
        cwd: folder,
        stdio: 'pipe',
        timeout: 300_000,
      },
    )
    // Its addon comes without a binary for every Node: it is built, which takes minutes.
    if (peer === 'mem0')
      execFileSync('npm', ['rebuild', 'better-sqlite3'], { cwd: folder, stdio: 'pipe' })
    return null
  } catch (error) {
    return `could not be installed: ${String(error).split('\n')[0]?.slice(0, 200)}`
  }
}

function drive<Answer>(folder: string, peer: Peer, input: object): Answer | string {
  const failure = install(folder, peer)
  if (failure !== null) return failure
  const script = join('bench/peers', `${peer === 'mnemosy-ai' ? 'mnemosy' : peer}.mjs`)
  // A native addon is built for one Node: mem0 runs on the one that npm runs on.
  const node =
    peer === 'mem0' ? (process.env.npm_node_execpath ?? process.execPath) : process.execPath
  const run = spawnSync(node, [script], {
    input: JSON.stringify(input),
    encoding: 'utf8',
    timeout: 600_000,
    maxBuffer: 1e9,
    env: {
      PATH: process.env.PATH,
      PEERS_DIR: folder,
      MEM0_TELEMETRY: 'false',
      HOME: mkdtempSync(join(tmpdir(), 'lucidream-home-')),
    },
  })
  const last = run.stdout?.trim().split('\n').at(-1) ?? ''
  try {
    return JSON.parse(last) as Answer
  } catch {
    const why = (run.stderr || run.stdout || String(run.error ?? run.signal)).trim()
    return `did not run here: ${
      why
        .split('\n')
        .find((line) => /error/i.test(line))
        ?.slice(0, 200) ?? why.slice(0, 200)
    }`
  }
}

const eachLabel = 200

function measurePairs(folder: string): Row[] {
  const pairs = listPairs(eachLabel)
  const few = (['duplicate', 'different', 'contradiction'] as const).flatMap((label) =>
    pairs.filter((pair) => pair.label === label).slice(0, 30),
  )
  const ours = pairs.map(({ a, b }) => judgeByUs(a, b))
  const rows = scorePairs('Lucidream', pairs, ours)
  for (const [name, rule] of Object.entries(rules)) {
    rows.push(
      ...scorePairs(
        `rule: ${name}`,
        pairs,
        pairs.map(({ a, b }) => ({ merged: rule(a, b), flagged: null })),
      ),
    )
  }
  for (const peer of ['mnemosy-ai', 'mem0', 'openclaw'] as const) {
    const given = peer === 'openclaw' ? few : pairs
    const answer = drive<{ verdicts: PairVerdict[]; failure?: string | null }>(folder, peer, {
      pairs: given,
    })
    if (typeof answer === 'string' || answer.failure) {
      rows.push(unable(peer, 'pairs', typeof answer === 'string' ? answer : (answer.failure ?? '')))
    } else rows.push(...scorePairs(peer, given, answer.verdicts))
  }
  return rows
}

const unable = (peer: string, what: string, why: string): Row => ({
  metric: `${peer}: ${what}`,
  value: 'not measured',
  goal: null,
  reached: null,
  note: why,
})

function judgeByUs(a: string, b: string): PairVerdict {
  const document = (name: string, text: string): MemoryDocument => {
    const content = `- ${text}\n`
    return { path: `/${name}.md`, content, contentSha256: hash(content) }
  }
  const found = reconcile([document('a', a), document('b', b)], hash)
  return {
    merged: found.duplicates.length > 0,
    flagged: found.conflicts.length + found.supersessions.length > 0,
  }
}

function scorePairs(
  name: string,
  pairs: readonly LabelledPair[],
  verdicts: readonly PairVerdict[],
): Row[] {
  const share = (
    metric: string,
    label: LabelledPair['label'],
    hit: (verdict: PairVerdict) => boolean,
  ): Row => {
    const judged = pairs.flatMap((pair, at) => {
      const verdict = verdicts[at]
      return pair.label === label && verdict && verdict.seen !== false ? [verdict] : []
    })
    const hits = judged.filter(hit).length
    return {
      metric: `${name}: ${metric}`,
      value: judged.length === 0 ? 'looked at none' : hits / judged.length,
      ...(judged.length === 0 ? {} : wilson(hits, judged.length)),
      n: judged.length,
      goal: name === 'Lucidream' ? 'ahead of every rival' : null,
      reached: null,
    }
  }
  const contradictions = verdicts.some(({ flagged }) => flagged !== null)
  return [
    share('duplicates merged', 'duplicate', ({ merged }) => merged),
    share('near misses merged (less is better)', 'different', ({ merged }) => merged),
    share(
      'contradictions merged into one (less is better)',
      'contradiction',
      ({ merged }) => merged,
    ),
    contradictions
      ? share('contradictions flagged', 'contradiction', ({ flagged }) => flagged === true)
      : {
          metric: `${name}: contradictions flagged`,
          value: 'not made for this',
          goal: null,
          reached: null,
        },
  ]
}

interface Grouped {
  readonly groups: readonly (readonly number[])[]
  readonly seconds: number
  readonly rss: number
}

function measureErrors(folder: string): Row[] {
  const sizes = [200, 1_000, 5_000]
  return sizes.flatMap((size) => {
    const [planted, noise] = (['planted', 'noise'] as const).map((pattern) =>
      plantErrors(size, 42 + size, pattern),
    )
    if (!planted || !noise) return []
    const ours = [planted, noise].map(groupByUs)
    const theirs = [planted, noise].map((errors) =>
      drive<Grouped>(folder, 'mnemosy-ai', { errors }),
    )
    const rows = scoreErrors(`Lucidream, ${size} observations`, [planted, noise], ours as Grouped[])
    if (theirs.some((answer) => typeof answer === 'string')) {
      rows.push(
        unable(
          'mnemosy-ai',
          `errors among ${size}`,
          String(theirs.find((one) => typeof one === 'string')),
        ),
      )
    } else
      rows.push(
        ...scoreErrors(`mnemosy-ai, ${size} observations`, [planted, noise], theirs as Grouped[]),
      )
    const line = [planted, noise].map(mostFrequentLine)
    rows.push(
      ...scoreErrors(
        `rule: most frequent error line, ${size} observations`,
        [planted, noise],
        line,
      ),
    )
    return rows
  })
}

function groupByUs(observations: readonly Observation[]): Grouped {
  const began = performance.now()
  const sessions = [
    ...Map.groupBy(
      observations.map((one, at) => ({ one, at })),
      ({ one }) => one.session,
    ),
  ]
  const cases = sessions.map(([session, own]) =>
    makeCase(
      session,
      own.map(({ one }) => (one.failed ? `${one.tool} x !${one.text}` : `${one.tool} x`)),
    ),
  )
  const reported = new Set(
    mine(cases, { documents: [], hash }).findings.flatMap(({ detail }) =>
      detail.kind === 'error_recovery' ? [`${detail.tool}\0${detail.template}`] : [],
    ),
  )
  const places = new Map(sessions.map(([session, own]) => [session, own.map(({ at }) => at)]))
  const groups = clusterErrors(layOut(cases).cases)
    .filter(({ tool, template }) => reported.has(`${tool}\0${template}`))
    .map(({ occurrences }) =>
      occurrences.map(({ one, index }) => places.get(one.trace.sessionId)?.[index] ?? -1),
    )
  return { groups, seconds: (performance.now() - began) / 1000, rss: process.memoryUsage.rss() }
}

function mostFrequentLine(observations: readonly Observation[]): Grouped {
  const began = performance.now()
  const lines = [
    ...Map.groupBy(
      observations.map((one, at) => ({ one, at })),
      ({ one }) => one.text,
    ),
  ]
    .filter(([, own]) => own[0]?.one.failed && own.length > 1)
    .toSorted(([, a], [, b]) => b.length - a.length)
  const groups = lines.slice(0, 1).map(([, own]) => own.map(({ at }) => at))
  return { groups, seconds: (performance.now() - began) / 1000, rss: 0 }
}

/** A group stands for a template when nine in ten of its members are of it. */
function scoreErrors(
  name: string,
  [planted, noise]:
    | readonly [readonly Observation[], readonly Observation[]]
    | readonly Observation[][],
  answers: readonly Grouped[],
): Row[] {
  const [found, onNoise] = answers
  if (!planted || !noise || !found || !onNoise) return []
  const owners = found.groups.map((group) => {
    const counts = Map.groupBy(group, (at) => planted[at]?.planted ?? -1)
    const [best] = [...counts].toSorted(([, a], [, b]) => b.length - a.length)
    return best && best[0] !== -1 && best[1].length >= 0.9 * group.length ? best[0] : null
  })
  const recalled = new Set(owners.filter((owner) => owner !== null)).size
  const right = owners.filter((owner) => owner !== null).length
  const ours = name.startsWith('Lucidream')
  const goal = ours ? 'ahead of every rival' : null
  return [
    {
      metric: `${name}: planted errors found`,
      value: recalled / templateCount,
      n: templateCount,
      goal,
      reached: null,
    },
    {
      metric: `${name}: reported groups that are one planted error`,
      value: owners.length === 0 ? 'reported none' : right / owners.length,
      n: owners.length,
      goal,
      reached: null,
    },
    {
      metric: `${name}: groups reported on pure noise`,
      value: onNoise.groups.length,
      goal,
      reached: null,
    },
    { metric: `${name}: seconds`, value: found.seconds, goal, reached: null },
  ]
}
