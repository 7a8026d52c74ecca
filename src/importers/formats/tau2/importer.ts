import { makeId } from '../../../core/ids.ts'
import type { OutcomeSignal } from '../../../core/outcome/signal.ts'
import type { Json, JsonObject, Session } from '../../../core/session.ts'
import type { Head, Importer, ImportItem, Source } from '../../importer.ts'
import { readElements } from '../../reading/elements.ts'
import { makeSessionId, toEventsItem } from '../../session-draft.ts'
import {
  asArray,
  asBoolean,
  asKey,
  asNumber,
  asObject,
  asString,
  asTimestamp,
  exposureLabel,
} from '../../shape.ts'
import { baseName, cutTitle } from '../../simulated-user.ts'
import { readSimulation } from './simulation.ts'

/** tau2-bench runs: one document with `info`, `tasks` and `simulations`. */
export const tau2: Importer = {
  format: 'tau2',
  version: 1,
  detect: ({ text }: Head) =>
    /^\s*\{/.test(text) &&
    (/"simulations"\s*:\s*\[/.test(text) ||
      (/"info"\s*:\s*\{/.test(text) &&
        /"(?:num_trials|environment_info|user_info)"\s*:/.test(text))),
  read,
}

async function* read(source: Source): AsyncIterable<ImportItem> {
  const run = await readRunInfo(source)
  for await (const piece of pieces(source)) {
    if (piece.type === 'tooLarge') {
      const what = piece.key === null ? 'simulation' : `member "${piece.key}"`
      yield {
        type: 'skipped',
        reason: `${what} larger than the record limit`,
        count: 1,
        kept: false,
      }
    } else if (piece.type === 'element') {
      const simulation = asObject(piece.value)
      if (simulation) yield* readOne(source, { run, simulation })
      else yield { type: 'skipped', reason: 'simulation that is no object', count: 1, kept: false }
    }
  }
}

const pieces = (source: Source) =>
  readElements(source.open(), {
    path: source.path,
    arrayKey: 'simulations',
    recordBytes: source.limits.recordBytes,
  })

interface RunInfo {
  readonly domain: string
  readonly model: string
  readonly agentName: string
  readonly labels: Readonly<Record<string, string>>
}

/** What stands beside the simulations, perhaps behind them, so it is looked for first. */
async function readRunInfo(source: Source): Promise<RunInfo> {
  const top: Record<string, Json> = Object.create(null)
  for await (const piece of pieces(source)) {
    if (piece.type !== 'member') continue
    top[piece.key] = piece.value
    if (piece.key === 'info') break
  }
  const info = asObject(top.info) ?? {}
  const environment = asObject(info.environment_info) ?? {}
  const policy = asString(environment.policy)
  const labels = {
    policy: policy === null ? null : source.hash(policy).slice(0, 12),
    git_commit: asString(info.git_commit),
    user_model: asString(asObject(info.user_info)?.llm),
  }
  const model = asString(asObject(info.agent_info)?.llm) ?? asString(top.model) ?? 'unknown'
  return {
    domain: asString(environment.domain_name) ?? asString(top.domain) ?? 'unknown',
    model,
    agentName: asString(top.agent) ?? model.split('/').at(-1) ?? model,
    labels: Object.fromEntries(
      Object.entries(labels).filter((entry): entry is [string, string] => entry[1] !== null),
    ),
  }
}

interface Work {
  readonly run: RunInfo
  readonly simulation: JsonObject
}

async function* readOne(source: Source, work: Work): AsyncIterable<ImportItem> {
  const { messages: raw, ...rest } = work.simulation
  const messages = asArray(raw) ?? []
  const masked = await source.mask([rest, ...messages])
  const session = describeSession(source, work)
  yield { type: 'session', session }
  const read = readSimulation({
    messages: masked.records.slice(1),
    termination: asString(work.simulation.termination_reason),
    endedAt: session.endedAt,
    options: { key: session.key, hash: source.hash },
  })
  yield toEventsItem(session.id, read.events, masked)
  for (const reason of read.unknown) yield { type: 'skipped', reason, count: 1, kept: true }
  yield {
    type: 'session_end',
    session: {
      ...session,
      status: read.terminated ? 'terminated' : 'idle',
      title: read.firstWords === null ? null : cutTitle(read.firstWords),
    },
    outcomes: readOutcome(source, session, work.simulation),
  }
}

function describeSession(source: Source, { run, simulation }: Work): Session {
  const id = asKey(simulation.id) ?? source.hash(JSON.stringify(simulation)).slice(0, 16)
  const key = `tau2:${baseName(source.path)}:${id}`
  const task = asKey(simulation.task_id)
  const trial = asKey(simulation.trial)
  return {
    id: makeSessionId({ key, hash: source.hash }),
    key,
    format: 'tau2',
    agent: { name: run.agentName, version: null, model: run.model },
    task: {
      type: run.domain,
      id: task === null ? null : `${run.domain}/${source.taskIds[task] ?? task}`,
    },
    title: null,
    startedAt: asTimestamp(simulation.start_time),
    endedAt: asTimestamp(simulation.end_time),
    status: 'idle',
    principal: null,
    labels: {
      ...run.labels,
      ...(trial === null ? {} : { trial }),
      ...exposureLabel(simulation, simulation.info),
    },
  }
}

/**
 * A run that the harness cut off at its limits (steps, errors) has no reward basis and reward 0: the agent
 * did not get there, which is a failure by the source's own verdict. A run that the infrastructure broke,
 * or that has no reward, says nothing about the agent: undecided.
 */
function readOutcome(source: Source, session: Session, simulation: JsonObject): OutcomeSignal[] {
  const info = asObject(simulation.reward_info)
  const termination = asString(simulation.termination_reason)
  const broken = termination === 'infrastructure_error'
  const reward = broken ? null : asNumber(info?.reward)
  const value = reward === null ? null : Math.min(Math.max(reward, 0), 1)
  const components = readComponents(info, termination)
  const decidedAt = session.endedAt
  const content = JSON.stringify([value, components, decidedAt])
  return [
    {
      id: makeId('osig', source.hash, [session.key, 'task_reward', content]),
      sessionId: session.id,
      kind: 'task_reward',
      value,
      success: reward === null ? null : reward >= 1,
      components,
      decidedAt,
      source: 'tau2',
    },
  ]
}

function readComponents(info: JsonObject | null, termination: string | null) {
  const components: Record<string, number | string | boolean | null> = { termination }
  const basis = (asArray(info?.reward_basis) ?? []).filter(
    (one): one is string => typeof one === 'string',
  )
  components.reward_basis = basis.join('+') || null
  components.db_match = asBoolean(asObject(info?.db_check)?.db_match)
  for (const [name, part] of Object.entries(asObject(info?.reward_breakdown) ?? {})) {
    components[`reward_${name.toLowerCase()}`] = asNumber(part as Json)
  }
  return components
}
