import type {
  ExperimentDocument,
  ExperimentSeasonDocument,
  ExperimentsDocument,
  ExperimentVerificationDocument,
} from '../../contract/experiments.ts'
import { toTimestamp } from '../../core/clock.ts'
import { DomainError } from '../../core/errors.ts'
import { newPlan } from '../../core/experiment/new-plan.ts'
import { seasonDays, seasonRate } from '../../core/experiment/season.ts'
import type { ChangeId, ExperimentId, MemoryStoreId } from '../../core/ids.ts'
import type { Reader, Writer } from '../../storage/database.ts'
import { pauseExperiment, stopExperiment } from '../../storage/end-experiment.ts'
import { findGoal } from '../../storage/experiment-goal.ts'
import {
  type ExperimentView,
  summarizeAll,
  verifyExperiment,
  viewExperiment,
  viewSeason,
} from '../../storage/experiment-view.ts'
import {
  type Experiment,
  getExperiment,
  listExperiments,
  listOpenExperiments,
} from '../../storage/experiments.ts'
import { keepRefusals } from '../../storage/judged-trials.ts'
import {
  presentExperiment,
  presentSeasonEntry,
  presentSummary,
  presentVerified,
} from '../../storage/presented-experiment.ts'
import { promoteExperiment, promoteOrSendBack } from '../../storage/promote-experiment.ts'
import { createExperiment, startExperiment } from '../../storage/start-experiment.ts'
import { type Outbox, toOutbox } from '../../storage/webhook-deliveries.ts'
import { exitCodes } from '../exit-codes.ts'
import { type GlobalOptions, type Invocation, withData } from '../invocation.ts'
import { pickByPrefix } from '../latest-dream.ts'
import { describeExperiment, describeSummary } from '../report/experiment.ts'
import type { Opened } from '../surroundings.ts'
import { showForeign } from '../text.ts'
import { person } from './review.ts'

export interface ExperimentOptions extends GlobalOptions {
  readonly store?: string
  readonly reason?: string
  readonly anyway?: boolean
  readonly environmentChanged?: boolean
  /** Only those that go on. */
  readonly open?: boolean
}

export interface CreateOptions extends GlobalOptions {
  readonly goal: string
  readonly name?: string
  readonly unit?: string
  readonly smallestEffect?: string
  readonly follows?: string
}

type Context = Opened['context']
const mostListed = 1_000

export function runExperiments(
  invocation: Invocation,
  options: ExperimentOptions,
): Promise<number> {
  return withData(invocation, options, async ({ context: { database, clock } }) => {
    const storeId = options.store as MemoryStoreId | undefined
    const summaries = await database.read(async (reader) => {
      const found = options.open
        ? await listOpenExperiments(reader, storeId)
        : await listExperiments(reader, { storeId, limit: mostListed })
      return summarizeAll(reader, found, clock())
    })
    const document: ExperimentsDocument = {
      version: 1,
      kind: 'experiments',
      data: summaries.map(presentSummary),
    }
    invocation.print(document, () =>
      summaries.length === 0
        ? [
            'Nothing is being tried. Accept a change, then: lucidream experiments create CHANGE --goal NAME',
          ]
        : summaries.flatMap(describeSummary),
    )
    return exitCodes.ok
  })
}

export const runExperimentShow = (
  invocation: Invocation,
  id: string,
  options: ExperimentOptions,
): Promise<number> =>
  withData(invocation, options, async ({ context }) =>
    printView(invocation, await readView(context, id)),
  )

export function runExperimentVerify(
  invocation: Invocation,
  id: string,
  options: ExperimentOptions,
): Promise<number> {
  return withData(invocation, options, async ({ context: { database } }) => {
    const { type: _, ...verified } = await database.read(async (reader) => {
      const found = await findExperiment(reader, id)
      return presentVerified(found.id, await verifyExperiment(reader, found))
    })
    const document: ExperimentVerificationDocument = {
      version: 1,
      kind: 'experiment_verification',
      ...verified,
    }
    invocation.print(document, () =>
      verified.tests.map(({ test, equal, difference }) =>
        equal
          ? `${test}: the same, bit for bit`
          : `${test}: differs in ${showForeign(difference ?? '')}`,
      ),
    )
    return verified.equal ? exitCodes.ok : exitCodes.failed
  })
}

export function runExperimentSeason(
  invocation: Invocation,
  options: ExperimentOptions,
): Promise<number> {
  return withData(invocation, options, async ({ context: { database, clock } }) => {
    const since = toTimestamp(clock() - seasonDays * 86_400_000)
    const tests = await database.read((reader) => viewSeason(reader, { since, rate: seasonRate }))
    const document: ExperimentSeasonDocument = {
      version: 1,
      kind: 'experiment_season',
      since,
      rate: seasonRate,
      tests: tests.map(presentSeasonEntry),
    }
    invocation.print(document, () =>
      tests.map(
        (one) =>
          `${one.standing.padEnd(11)} E ${one.evidence.toPrecision(3).padStart(8)}  ${one.changeId} in ${one.experimentId}${one.promoted ? ', promoted' : ''}`,
      ),
    )
    return exitCodes.ok
  })
}

const units = ['session', 'actor', 'workspace', 'block'] as const

export function runExperimentCreate(
  invocation: Invocation,
  changes: readonly string[],
  options: CreateOptions,
): Promise<number> {
  const unit = units.find((kind) => kind === (options.unit ?? 'session'))
  if (!unit) throw new DomainError('invalid_argument', `--unit: one of ${units.join(', ')}.`)
  const smallest = Number(options.smallestEffect ?? 0.1)
  if (!(smallest >= 0.005 && smallest <= 1)) {
    throw new DomainError('invalid_argument', '--smallest-effect: between 0.005 and 1.')
  }
  return withData(invocation, options, async ({ context }) => {
    const made = await context.database.write(person, async (writer) => {
      const goal = await findGoal(writer, options.goal)
      return createExperiment(writer, {
        id: context.newId('exp'),
        name: options.name ?? changes.join(' '),
        unit,
        salt: context.keyring.seal('experiment', context.keyring.newSecret()),
        plan: newPlan({
          goal: options.goal,
          test: { smallestEffect: smallest },
          ...(goal?.deadlines ? { deadlines: goal.deadlines } : {}),
          follows: (options.follows as ExperimentId | undefined) ?? null,
        }),
        changeIds: changes as ChangeId[],
      })
    })
    return printView(invocation, await readView(context, made.id))
  })
}

export interface Move {
  readonly id: string
  readonly move: 'start' | 'pause' | 'resume' | 'stop' | 'promote'
}

export function runExperimentMove(
  invocation: Invocation,
  { id, move }: Move,
  options: ExperimentOptions,
): Promise<number> {
  return withData(invocation, options, async ({ context }) => {
    const { database } = context
    const outbox = toOutbox(context)
    const found = await database.read((reader) => findExperiment(reader, id))
    const write = (work: (writer: Writer) => Promise<void>) => database.write(person, work)
    const promote = () =>
      database.write(person, (writer) => moves[move](writer, found, { outbox, options }))
    await keepRefusals({
      id: found.id,
      write,
      act: () => promoteOrSendBack({ id: found.id, outbox, write, promote }),
    })
    return printView(invocation, await readView(context, found.id))
  })
}

interface Moving {
  readonly outbox: Outbox
  readonly options: ExperimentOptions
}

const moves: Record<
  Move['move'],
  (writer: Writer, found: Experiment, moving: Moving) => Promise<unknown>
> = {
  start: (writer, { id }, { outbox, options }) =>
    startExperiment(writer, {
      id,
      outbox,
      anyway: options.anyway === true ? wantReason(options) : null,
    }),
  async pause(writer, found, { outbox, options }) {
    await pauseExperiment(writer, found, { kind: 'paused', reason: wantReason(options), outbox })
  },
  async resume(writer, found, { outbox, options }) {
    const reason = options.reason ?? null
    await pauseExperiment(writer, found, { kind: 'resumed', reason, outbox })
  },
  stop: (writer, found, { outbox, options }) =>
    stopExperiment(writer, found, {
      reason: wantReason(options),
      environmentChanged: options.environmentChanged === true,
      outbox,
    }),
  promote: (writer, { id }, { outbox, options }) =>
    promoteExperiment(writer, { id, outbox, reason: options.reason ?? null, by: 'person' }),
}

function wantReason({ reason }: ExperimentOptions): string {
  if (reason) return reason
  throw new DomainError('invalid_argument', 'Say why with --reason: it is kept in its log.')
}

async function findExperiment(reader: Reader, id: string): Promise<Experiment> {
  if (/^exp_[0-9a-f]{24,}$/.test(id)) return getExperiment(reader, id as ExperimentId)
  return pickByPrefix(await listExperiments(reader, { limit: mostListed }), id, 'experiment')
}

const readView = ({ database, clock }: Context, id: string) =>
  database.read(async (reader) => viewExperiment(reader, await findExperiment(reader, id), clock()))

function printView(invocation: Invocation, view: ExperimentView): number {
  const { type: _, ...shown } = presentExperiment(view)
  const document: ExperimentDocument = { version: 1, kind: 'experiment', ...shown }
  invocation.print(document, () => describeExperiment(view))
  return exitCodes.ok
}
