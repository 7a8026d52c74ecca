import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeCase } from '../src/core/mining/_cases.ts'
import { clusterErrors } from '../src/core/mining/error-signatures.ts'
import { layOutOne } from '../src/core/mining/population.ts'
import { normaliseError } from '../src/core/transcript/error-text.ts'
import { keepResults, type Row } from './_results.ts'
import { bootstrapMean, mean, wilson } from './_statistics.ts'

interface LogSet {
  readonly name: string
  /**
   * `tune` sets were read while the masks were made, two of them after a first report; of `test` sets only
   * figures and the first two lines were seen.
   */
  readonly half: 'tune' | 'test'
  readonly lines: readonly { readonly content: string; readonly label: string }[]
}

const goal = 0.9
const unread = ['Apache', 'HDFS', 'Hadoop', 'OpenSSH', 'Thunderbird', 'Zookeeper']
const howToGet =
  'loghub: skipped, LOGHUB_DIR is not set. Clone https://github.com/logpai/loghub (its 2k samples; free for research, see its LICENSE) and set LOGHUB_DIR to the folder.'

/**
 * Grouping accuracy on the 16 labelled samples of LogHub: each line counts as an error of one tool, and is
 * right when its group holds exactly the lines of its label. Skipped where the samples are not at hand.
 */
export function benchLoghub(): void {
  const folder = process.env.LOGHUB_DIR
  if (!folder) {
    console.log(howToGet)
    return
  }
  const sets = readLogSets(folder)
  if (sets.length === 0) throw new Error(`no *_2k.log_structured.csv under ${folder}`)
  keepResults('loghub', [
    ...(['tune', 'test'] as const).flatMap((half) =>
      summarise(
        half,
        sets.filter((set) => set.half === half),
      ),
    ),
    ...summarise('all', sets),
    ...sets.map(measureSet),
  ])
}

const groupings = {
  Lucidream: (lines: readonly string[]) => groupByEngine(lines),
  'exact text': (lines: readonly string[]) => lines,
  'numbers masked': (lines: readonly string[]) => lines.map((line) => line.replace(/\d+/g, '#')),
} as const

/** The group of every line, by the templates that errors of tools get. */
function groupByEngine(lines: readonly string[]): string[] {
  const [step] = makeCase('log', ['log 1 !x']).trace.steps
  if (!step) throw new Error('a case of one error has one step')
  const empty = makeCase('log', [])
  const steps = lines.map((line, index) => ({ ...step, index, error: normaliseError(line) }))
  const groups: string[] = []
  const signatures = clusterErrors([layOutOne({ ...empty, trace: { ...empty.trace, steps } })])
  for (const [number, { occurrences }] of signatures.entries())
    for (const occurrence of occurrences) groups[occurrence.index] = String(number)
  return groups
}

function summarise(half: string, sets: readonly LogSet[]): Row[] {
  const names = Object.keys(groupings) as (keyof typeof groupings)[]
  return names.map((name): Row => {
    const shares = sets.map((set) => countRight(set, name) / set.lines.length)
    return {
      metric: `${half}: mean grouping accuracy, ${name}`,
      value: mean(shares),
      ...bootstrapMean(shares),
      n: sets.length,
      goal: name === 'Lucidream' ? `≥ ${goal}` : null,
      reached: name === 'Lucidream' ? mean(shares) >= goal : null,
      note: `of ${sets.length} samples; interval by resampling samples`,
    }
  })
}

function measureSet(set: LogSet): Row {
  const n = set.lines.length
  const right = countRight(set, 'Lucidream')
  const share = (name: keyof typeof groupings) => (countRight(set, name) / n).toFixed(3)
  const labels = new Set(set.lines.map(({ label }) => label)).size
  const groups = new Set(groupByEngine(set.lines.map(({ content }) => content))).size
  return {
    metric: `${set.name} (${set.half})`,
    value: right / n,
    ...wilson(right, n),
    n,
    goal: null,
    reached: null,
    note: `${groups} groups for ${labels} labels; exact text ${share('exact text')}, numbers masked ${share('numbers masked')}`,
  }
}

function countRight({ lines }: LogSet, name: keyof typeof groupings): number {
  const groups = groupings[name](lines.map(({ content }) => content))
  const both = lines.map(({ label }, at) => ({ label, group: groups[at] ?? '' }))
  const byLabel = Map.groupBy(both, ({ label }) => label)
  const byGroup = Map.groupBy(both, ({ group }) => group)
  return both.filter(({ label, group }) => {
    const members = byGroup.get(group) ?? []
    return (
      members.length === byLabel.get(label)?.length && members.every((one) => one.label === label)
    )
  }).length
}

function readLogSets(folder: string): LogSet[] {
  return readdirSync(folder)
    .toSorted()
    .map((name) => ({ name, path: join(folder, name, `${name}_2k.log_structured.csv`) }))
    .filter(({ path }) => existsSync(path))
    .map(({ name, path }) => ({
      name,
      half: unread.includes(name) ? 'test' : 'tune',
      lines: readCsv(readFileSync(path, 'utf8')).map(({ Content, EventId }) => ({
        content: Content ?? '',
        label: EventId ?? '',
      })),
    }))
}

/** Rows by the names of the first line; a quoted field may hold commas, doubled quotes and line ends. */
function readCsv(text: string): Record<string, string>[] {
  const rows: string[][] = []
  let row: string[] = []
  for (const [, quoted, plain, end] of text.matchAll(
    /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g,
  )) {
    if (end === '' && quoted === undefined && plain === '' && row.length === 0) break
    row.push(quoted?.replaceAll('""', '"') ?? plain ?? '')
    if (end === ',') continue
    rows.push(row)
    row = []
  }
  const [names = [], ...rest] = rows
  return rest.map((cells) => Object.fromEntries(names.map((name, at) => [name, cells[at] ?? ''])))
}
