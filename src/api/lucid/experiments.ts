import {
  experimentPage,
  experimentPath,
  experimentQuery,
  experiment as experimentSchema,
  newExperiment,
  optionalReasonBody,
  reasonBody,
  season,
  seasonQuery,
  startBody,
  stopBody,
  verifiedExperiment,
} from '../../contract/lucid/experiments.ts'
import { type Caller, mayCall } from '../../core/access.ts'
import { toTimestamp } from '../../core/clock.ts'
import { DomainError } from '../../core/errors.ts'
import { seasonDays } from '../../core/experiment/season.ts'
import type { ChangeId, ExperimentId, MemoryStoreId } from '../../core/ids.ts'
import type { Reader, Writer } from '../../storage/database.ts'
import { pauseExperiment, stopExperiment } from '../../storage/end-experiment.ts'
import { findGoal } from '../../storage/experiment-goal.ts'
import {
  summarizeAll,
  verifyExperiment,
  viewExperiment,
  viewSeason,
} from '../../storage/experiment-view.ts'
import { type Experiment, getExperiment, listExperiments } from '../../storage/experiments.ts'
import { keepRefusals } from '../../storage/judged-trials.ts'
import {
  presentExperiment,
  presentSeasonEntry,
  presentSummary,
  presentVerified,
} from '../../storage/presented-experiment.ts'
import { promoteExperiment, promoteOrSendBack } from '../../storage/promote-experiment.ts'
import { createExperiment, startExperiment } from '../../storage/start-experiment.ts'
import { toOutbox } from '../../storage/webhook-deliveries.ts'
import type { ApiContext } from '../context.ts'
import { defineEndpoint } from '../endpoint.ts'
import { readCursor, writeCursor } from '../pages.ts'
import { readPlan } from './experiment-plan.ts'

const family = 'lucid'
const scopes = ['review'] as const
const path = '/lucid/v1/experiments'

export const experimentEndpoints = [
  defineEndpoint({
    method: 'POST',
    path,
    family,
    scopes,
    summary: 'Drafts an experiment of accepted changes of one memory store.',
    body: newExperiment,
    response: experimentSchema,
    async handle({ context, actor, body }) {
      return context.database.write(actor, async (writer) => {
        const goal = await findGoal(writer, body.goal)
        const made = await createExperiment(writer, {
          id: context.newId('exp'),
          name: body.name,
          unit: body.unit,
          salt: context.keyring.seal('experiment', context.keyring.newSecret()),
          plan: readPlan(body, goal?.deadlines ?? null),
          changeIds: body.change_ids as ChangeId[],
        })
        return show(writer, context, made)
      })
    },
  }),
  defineEndpoint({
    method: 'GET',
    path,
    family,
    scopes,
    summary: 'Experiments, newest first, each with its verdict in a sentence.',
    query: experimentQuery,
    response: experimentPage,
    async handle({ context, query: { limit, page, state, memory_store_id } }) {
      const list = 'experiments'
      const after =
        page === undefined ? null : (readCursor(context.keyring, list, page) as Position)
      return context.database.read(async (reader) => {
        const found = await listExperiments(reader, {
          ...(memory_store_id === undefined ? {} : { storeId: memory_store_id as MemoryStoreId }),
          ...(state === undefined ? {} : { states: [state] }),
          ...(after ? { after: { createdAt: after[0], id: after[1] } } : {}),
          limit: limit + 1,
        })
        const shown = found.slice(0, limit)
        const last = found.length > limit ? shown.at(-1) : undefined
        const data = (await summarizeAll(reader, shown, context.clock())).map(presentSummary)
        const next = last && writeCursor(context.keyring, list, [last.createdAt, last.id])
        return { data, next_page: next ?? null }
      })
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: '/lucid/v1/experiment_season',
    family,
    scopes,
    summary: 'All tests of a season, held together to one rate of false promotions.',
    query: seasonQuery,
    response: season,
    async handle({ context, query }) {
      const since = readSince(context, query.since)
      const entries = await context.database.read((reader) =>
        viewSeason(reader, { since, rate: query.rate }),
      )
      return {
        type: 'experiment_season' as const,
        since,
        rate: query.rate,
        tests: entries.map(presentSeasonEntry),
      }
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: `${path}/{experiment_id}`,
    family,
    scopes,
    summary: 'One experiment with all that a page of results needs.',
    params: experimentPath,
    response: experimentSchema,
    async handle({ context, params }) {
      return context.database.read(async (reader) =>
        show(reader, context, await getExperiment(reader, idOf(params))),
      )
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: `${path}/{experiment_id}/verify`,
    family,
    scopes,
    summary: 'Folds the committed units again and compares with what is stored, bit for bit.',
    params: experimentPath,
    response: verifiedExperiment,
    async handle({ context, params }) {
      return context.database.read(async (reader) => {
        const found = await getExperiment(reader, idOf(params))
        return presentVerified(found.id, await verifyExperiment(reader, found))
      })
    },
  }),
  defineEndpoint({
    method: 'POST',
    path: `${path}/{experiment_id}/start`,
    family,
    scopes,
    summary: 'Starts a draft, unless it is forecast to be hopeless.',
    params: experimentPath,
    body: startBody,
    response: experimentSchema,
    async handle({ context, actor, params, body }) {
      if (body.anyway && !body.reason) {
        throw new DomainError('invalid_argument', 'reason: say why it is started anyway.')
      }
      const anyway = body.anyway ? (body.reason ?? null) : null
      const given = { id: idOf(params), outbox: toOutbox(context), anyway }
      return keepRefusals({
        id: given.id,
        write: (work) => context.database.write(actor, work),
        act: () =>
          context.database.write(actor, async (writer) =>
            show(writer, context, await startExperiment(writer, given)),
          ),
      })
    },
  }),
  defineEndpoint({
    method: 'POST',
    path: `${path}/{experiment_id}/pause`,
    family,
    scopes,
    summary: 'Assigns no more units; those assigned before are still counted.',
    params: experimentPath,
    body: reasonBody,
    response: experimentSchema,
    async handle({ context, actor, params, body }) {
      return act(context, { actor, id: idOf(params) }, async (writer, found) => {
        const mark = { kind: 'paused', reason: body.reason, outbox: toOutbox(context) } as const
        await pauseExperiment(writer, found, mark)
      })
    },
  }),
  defineEndpoint({
    method: 'POST',
    path: `${path}/{experiment_id}/resume`,
    family,
    scopes,
    summary: 'Assigns units again.',
    params: experimentPath,
    body: optionalReasonBody,
    response: experimentSchema,
    async handle({ context, actor, params, body }) {
      return act(context, { actor, id: idOf(params) }, async (writer, found) => {
        const reason = body.reason ?? null
        const mark = { kind: 'resumed', reason, outbox: toOutbox(context) } as const
        await pauseExperiment(writer, found, mark)
      })
    },
  }),
  defineEndpoint({
    method: 'POST',
    path: `${path}/{experiment_id}/stop`,
    family,
    scopes,
    summary: 'Ends an experiment without proof, or the holdback of one that was promoted.',
    params: experimentPath,
    body: stopBody,
    response: experimentSchema,
    async handle({ context, actor, params, body }) {
      return act(context, { actor, id: idOf(params) }, async (writer, found) => {
        await stopExperiment(writer, found, {
          reason: body.reason,
          environmentChanged: body.environment_changed,
          outbox: toOutbox(context),
        })
      })
    },
  }),
  defineEndpoint({
    method: 'POST',
    path: `${path}/{experiment_id}/promote`,
    family,
    scopes,
    summary: 'Writes what was proven into the memory store; a holdback keeps watching.',
    params: experimentPath,
    body: optionalReasonBody,
    response: experimentSchema,
    async handle({ context, caller, actor, params, body }) {
      refuseReading(caller)
      const outbox = toOutbox(context)
      const given = { id: idOf(params), outbox, reason: body.reason ?? null, by: 'person' } as const
      const write = (work: (writer: Writer) => Promise<void>) => context.database.write(actor, work)
      const promote = () =>
        context.database.write(actor, async (writer) =>
          show(writer, context, await promoteExperiment(writer, given)),
        )
      return keepRefusals({
        id: given.id,
        write,
        act: () => promoteOrSendBack({ id: given.id, outbox, write, promote }),
      })
    },
  }),
]

type Position = [createdAt: string, id: ExperimentId]

const idOf = (params: { readonly experiment_id: string }) => params.experiment_id as ExperimentId

const show = async (reader: Reader, { clock }: ApiContext, found: Experiment) =>
  presentExperiment(await viewExperiment(reader, found, clock()))

interface Acting {
  readonly actor: Parameters<ApiContext['database']['write']>[0]
  readonly id: ExperimentId
}

const act = (
  context: ApiContext,
  { actor, id }: Acting,
  work: (writer: Writer, found: Experiment) => Promise<void>,
) =>
  context.database.write(actor, async (writer) => {
    await work(writer, await getExperiment(writer, id))
    return show(writer, context, await getExperiment(writer, id))
  })

function readSince({ clock }: ApiContext, since: string | undefined): string {
  if (since === undefined) return toTimestamp(clock() - seasonDays * 86_400_000)
  const ms = Date.parse(since)
  if (Number.isFinite(ms)) return toTimestamp(ms)
  throw new DomainError('invalid_argument', 'since: not a time, e.g. 2026-11-25T08:00:00Z')
}

function refuseReading(caller: Caller): void {
  if (mayCall(caller, ['memory:write'])) return
  throw new DomainError(
    'forbidden',
    'Promoting writes into the memory store: this key needs the scope memory:write beside review.',
  )
}
