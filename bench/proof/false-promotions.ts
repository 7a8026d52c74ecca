import type { Row } from '../_results.ts'
import { wilson } from '../_statistics.ts'
import { scenarios } from './hostile.ts'

/** Seeds 1 … 8 000 of each scenario, apart by a million: 2 000 (spec E.4) cannot tell 0.7 % from the 1 % of T = 100. */
const experiments = 8_000

/** A/A experiments in six hostile worlds, by the full rule of spec C.3. */
export function measureFalsePromotions(): Row[] {
  return scenarios.flatMap(({ name, note, run }, scenario): Row[] => {
    const outcomes = Array.from({ length: experiments }, (_, at) =>
      run(1_000_000 * (scenario + 1) + at + 1),
    )
    const rowOf = (rule: 'attended' | 'unattended', goal: number): Row => {
      const promoted = outcomes.filter((one) => one[rule] === 'promote').length
      const interval = wilson(promoted, experiments)
      return {
        metric: `A/A, ${name}: promoted at T = ${rule === 'attended' ? 20 : 100}`,
        value: promoted / experiments,
        ...interval,
        n: experiments,
        goal: `upper bound ≤ ${goal}`,
        reached: interval.high <= goal,
        ...(rule === 'attended' ? { note } : {}),
      }
    }
    const naive = outcomes.filter(({ naive: called }) => called).length
    const stopped = outcomes.filter(({ attended }) => attended === 'rollback').length
    const ever = outcomes.filter((one) => one.ever).length / experiments
    const voided = outcomes.filter(({ attended }) => attended === 'void').length
    return [
      rowOf('attended', 0.05),
      rowOf('unattended', 0.01),
      {
        metric: `A/A, ${name}: called by a z-test looked at every 10`,
        value: naive / experiments,
        ...wilson(naive, experiments),
        n: experiments,
        goal: null,
        reached: null,
      },
      {
        metric: `A/A, ${name}: rolled back for harm (T = 20)`,
        value: stopped / experiments,
        ...wilson(stopped, experiments),
        n: experiments,
        goal: null,
        reached: null,
        note: `${voided} void; E was 20 at some time, whatever ended the experiment, in ${share(ever)}`,
      },
    ]
  })
}

const share = (value: number) => value.toFixed(4)
