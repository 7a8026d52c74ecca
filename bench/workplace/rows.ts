import { hash } from '../../test/_airline.ts'
import type { Row } from '../_results.ts'
import { wilson } from '../_statistics.ts'
import type { Tally, Trial } from './trial.ts'

/** With fewer experiments not even no false keep at all shows that there are few. */
const fewestForBound = 50

/** One line an experiment: what its changes do, what came of each, and after how many units. */
export const tabulate = ({ changes, state, units }: Trial): string =>
  [
    ...changes.map(({ effect, origin, verdict }) => `${origin} ${effect} ${verdict}`),
    state,
    units,
  ].join(', ')

/** The same seed on another database: the same coins, outcomes and verdicts. */
export function compareTables(here: readonly string[], there: readonly string[]): Row {
  const other = there.filter((line, at) => at < here.length && line !== here[at]).length
  return {
    metric: 'Postgres: experiments that end otherwise than on SQLite',
    value: other,
    n: Math.min(here.length, there.length),
    goal: '0',
    reached: other === 0,
  }
}

/** Of a whole run. */
export interface Whole {
  readonly seed: number
  readonly signals: number
  readonly requests: number
  readonly seconds: number
  readonly table: readonly string[]
}

export function toRows(place: string, trials: readonly Trial[], whole: Whole): Row[] {
  const bound = trials.length >= fewestForBound ? 0.05 : null
  const changes = trials.flatMap((trial) => trial.changes)
  const sum = (field: keyof Tally) => trials.reduce((total, { tally }) => total + tally[field], 0)
  const share = (
    metric: string,
    [group, verdict]: readonly [typeof changes, string],
    goal: number | null,
  ): Row[] => {
    if (group.length === 0) return []
    const hits = group.filter((one) => one.verdict === verdict).length
    const interval = wilson(hits, group.length)
    const dreamt = group.filter(({ origin }) => origin === 'dreamt')
    const row = {
      metric: `${place}: ${metric}`,
      value: hits / group.length,
      ...interval,
      n: group.length,
      goal: goal === null ? null : `upper bound ≤ ${goal}`,
      reached: goal === null ? null : interval.high <= goal,
      note: `${hits}; of ${dreamt.length} that a dream proposed ${dreamt.filter((one) => one.verdict === verdict).length}`,
    }
    return [row]
  }
  const none = (metric: string, value: number, n: number): Row => ({
    metric: `${place}: ${metric}`,
    value,
    n,
    goal: '0',
    reached: value === 0,
  })
  const [good, useless, harmful] = [0.2, 0, -0.2].map((effect) =>
    changes.filter((one) => one.effect === effect),
  ) as [typeof changes, typeof changes, typeof changes]
  const promotedOnes = trials.filter(({ changes: own }) =>
    own.some(({ verdict }) => verdict === 'promote'),
  )
  const units = trials.map((trial) => trial.units).toSorted((a, b) => a - b)
  return [
    ...share('a change of +20 points: promoted', [good, 'promote'], null),
    ...share('a change that does nothing: promoted', [useless, 'promote'], bound),
    ...share('a change of -20 points: promoted', [harmful, 'promote'], null),
    ...share(
      'useless or harmful: promoted (false keeps)',
      [[...useless, ...harmful], 'promote'],
      bound,
    ),
    ...share('a change of -20 points: rolled back', [harmful, 'rollback'], null),
    ...share('a change that does nothing: rolled back', [useless, 'rollback'], null),
    ...turnedRows(place, trials),
    none(
      'stores that are not what they were, to the byte, after all that was promoted is taken back',
      trials.filter(({ restored }) => restored !== true).length,
      trials.length,
    ),
    none(
      'outcomes stored more or less than once',
      Math.abs(whole.signals - sum('sent')),
      sum('sent'),
    ),
    none('forged webhooks that were taken', sum('forgedTaken'), sum('forged')),
    none('units that read another arm the second time', sum('changedArm'), sum('readTwice')),
    none(
      'experiments whose state is not what their units give again',
      trials.filter(({ equal }) => equal !== true).length,
      trials.length,
    ),
    {
      metric: `${place}: all verdicts and units, as a hash`,
      value: hash(whole.table.join('\n')).slice(0, 12),
      goal: null,
      reached: null,
      note: `the same in every run with seed ${whole.seed}`,
    },
    {
      metric: `${place}: requests over HTTP`,
      value: whole.requests,
      goal: null,
      reached: null,
      note: `${trials.length} experiments of three changes, ${promotedOnes.length} promoted; ${units[Math.floor(units.length / 2)]} units counted in the median; ${whole.seconds.toFixed(0)} s; ${sum('twice')} webhooks sent twice, ${sum('never')} outcomes never sent, ${sum('tooLate')} after the deadline`,
    },
  ]
}

function turnedRows(place: string, trials: readonly Trial[]): Row[] {
  const turned = trials.filter(({ unitsAfter }) => unitsAfter !== null)
  const back = turned.filter(({ state }) => state === 'rolled_back')
  const units = back.map(({ unitsAfter }) => unitsAfter ?? 0).toSorted((a, b) => a - b)
  if (turned.length === 0) return []
  return [
    {
      metric: `${place}: promoted, and -40 points from then on: taken back by the holdback`,
      value: back.length / turned.length,
      ...wilson(back.length, turned.length),
      n: turned.length,
      goal: null,
      reached: null,
      note: `after ${units[Math.floor(units.length / 2)] ?? 'more'} units in the median, of at most 670`,
    },
  ]
}
