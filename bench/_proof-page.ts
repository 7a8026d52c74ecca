import { readFileSync, writeFileSync } from 'node:fs'
import { forecast } from '../src/core/experiment/forecast.ts'
import { makeSettings } from '../src/core/experiment/settings.ts'
import type { Row } from './_results.ts'

const markers = ['<!-- measured:begin -->', '<!-- measured:end -->'] as const
const worlds = [
  'stationary',
  'drift + ramp',
  'late failures',
  'missing',
  'clustered',
  'adaptive ramp',
]

/** Writes the figures of the bench `proof` into docs/proof.md, so that the page never says others. */
export function renderProofPage(): void {
  const path = 'docs/proof.md'
  const [before, rest] = readFileSync(path, 'utf8').split(markers[0])
  const after = rest?.split(markers[1])[1]
  if (before === undefined || after === undefined) throw new Error(`${path} has no markers`)
  const { rows }: { rows: Row[] } = JSON.parse(readFileSync('bench/results/proof.json', 'utf8'))
  writeFileSync(path, `${before}${markers[0]}\n\n${makeTable(rows)}\n\n${markers[1]}${after}`)
}

function makeTable(rows: readonly Row[]): string {
  const find = (metric: string): Row => {
    const row = rows.find((one) => one.metric === metric)
    if (row === undefined) throw new Error(`no row "${metric}"`)
    return row
  }
  const lines = worlds.map((world) => {
    const naive = find(`A/A, ${world}: called by a z-test looked at every 10`)
    const [at20, at100] = [20, 100].map((t) => find(`A/A, ${world}: promoted at T = ${t}`))
    return `| ${world} | ${percent(naive.value)} | ${bounded(at20)} | ${bounded(at100)} |`
  })
  const n = find(`A/A, ${worlds[0]}: promoted at T = 20`).n
  return [
    `The same memory in both arms, ${n} experiments each: called better (upper end of the 95 % interval).`,
    '',
    '| world | z-test looked at every 10 units | E ≥ 20 | E ≥ 100 |',
    '| --- | --- | --- | --- |',
    ...lines,
    '',
    sayForecast(),
  ].join('\n')
}

/** What the product itself says before a start, at 60 % success and a hundred units a day. */
function sayForecast(): string {
  const volume = { unitsPerDay: 100, baseRate: 0.6, spread: null }
  const parts = [0.2, 0.1, 0.05].map((smallestEffect) => {
    const { units, days } = forecast(makeSettings({ smallestEffect }), volume)
    return `${units} units (${Math.round(days ?? 0)} days) for +${100 * smallestEffect} points`
  })
  return `The forecast at 60 % success and 100 units a day, by the ramp, for four of five true improvements: ${parts.join(', ')}.`
}

const percent = (value: number | string | undefined) => `${(100 * Number(value)).toFixed(1)} %`
const bounded = (row: Row | undefined) => `${percent(row?.value)} (${percent(row?.high)})`
