import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { ExperimentFigures, UnitFigures } from './storage/experiment-figures.ts'
import type { OutcomeFigures, SourceFigure } from './storage/outcome-figures.ts'

/** What the database says, over all processes of it. */
export interface StoredFigures {
  /** How often each rule of a policy denied something. */
  readonly countDenials: () => Promise<
    readonly { readonly rule: string; readonly mode: string; readonly decisions: number }[]
  >
  /** How outcomes come in, and what experiments make of them. */
  readonly readFigures: () => Promise<Figures>
}

interface Figures extends OutcomeFigures {
  readonly tests: readonly ExperimentFigures[]
  readonly units: readonly UnitFigures[]
}
type ReadFigures = StoredFigures['readFigures']

/** Prometheus metrics of one process; names are listed in docs/operations.md. */
export function makeMetrics({ countDenials, readFigures }: StoredFigures) {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const requests = new Counter({
    name: 'lucidream_http_requests_total',
    help: 'Requests by route and status',
    labelNames: ['route', 'status'],
    registers: [registry],
  })
  const seconds = new Histogram({
    name: 'lucidream_http_request_duration_seconds',
    help: 'Seconds a request took, streams left out',
    labelNames: ['route'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  })
  new Counter({
    name: 'lucidream_policy_denials_total',
    help: 'Decisions in which a rule of a policy denied a change; under audit: would have',
    labelNames: ['rule', 'mode'],
    registers: [registry],
    async collect() {
      this.reset()
      for (const { rule, mode, decisions } of await countDenials()) {
        this.inc({ rule, mode }, decisions)
      }
    },
  })
  const readOnce = shareWhileRunning(readFigures)
  gaugeExperiments(registry, readOnce)
  gaugeUnits(registry, readOnce)
  gaugeSources(registry, readOnce)
  return {
    registry,
    observe(route: string, status: number, duration: number): void {
      requests.inc({ route, status })
      seconds.observe({ route }, duration)
    },
  }
}

function gaugeExperiments(registry: Registry, readOnce: ReadFigures): void {
  const add = (
    {
      name,
      help,
      label,
    }: { readonly name: string; readonly help: string; readonly label?: string },
    valuesOf: (one: ExperimentFigures) => Readonly<Record<string, number>>,
  ) =>
    new Gauge({
      name: `lucidream_experiment_${name}`,
      help,
      labelNames: ['experiment', 'test', ...(label ? [label] : [])],
      registers: [registry],
      async collect() {
        this.reset()
        for (const one of (await readOnce()).tests) {
          const { experiment, test } = one
          for (const [value, figure] of Object.entries(valuesOf(one))) {
            this.set({ experiment, test, ...(label ? { [label]: value } : {}) }, figure)
          }
        }
      },
    })
  add(
    { name: 'evidence', help: 'E of an open experiment, by what it speaks for', label: 'side' },
    ({ better, worse }) => ({ better, worse }),
  )
  add(
    { name: 'units', help: 'Counted units of an open experiment', label: 'arm' },
    ({ candidate, incumbent }) => ({ candidate, incumbent }),
  )
  add(
    {
      name: 'sample_ratio_evidence',
      help: 'Evidence that the arms of an open experiment do not fit their coins; 1000 voids it',
    },
    ({ sampleRatio }) => ({ sampleRatio }),
  )
}

function gaugeUnits(registry: Registry, readOnce: ReadFigures): void {
  new Gauge({
    name: 'lucidream_experiment_unit_states',
    help: 'Units of an open experiment: waiting for their outcome, committed, missing, late',
    labelNames: ['experiment', 'state'],
    registers: [registry],
    async collect() {
      this.reset()
      for (const { experiment, ...states } of (await readOnce()).units) {
        for (const [state, count] of Object.entries(states)) this.set({ experiment, state }, count)
      }
    },
  })
}

function gaugeSources(registry: Registry, readOnce: ReadFigures): void {
  const add = (
    { name, help, label }: { readonly name: string; readonly help: string; readonly label: string },
    figuresOf: (figures: Figures) => readonly SourceFigure[],
  ) =>
    new Gauge({
      name: `lucidream_${name}`,
      help,
      labelNames: ['source', label],
      registers: [registry],
      async collect() {
        this.reset()
        for (const { source, state, count } of figuresOf(await readOnce())) {
          this.set({ source, [label]: state }, count)
        }
      },
    })
  add(
    {
      name: 'outcome_signals',
      help: 'Outcome signals by source: joined to a session, without a session (weakly, or to an exposure alone), unmatched',
      label: 'joined',
    },
    ({ signals }) => signals,
  )
  add(
    {
      name: 'webhook_receipts',
      help: 'Deliveries of webhook sources by what became of them; refused: no valid signature',
      label: 'result',
    },
    ({ receipts }) => receipts,
  )
}

/** The gauges of one scrape are collected at the same time, and are served by one read. */
function shareWhileRunning<T>(read: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | null = null
  return () => {
    running ??= read().finally(() => {
      running = null
    })
    return running
  }
}
