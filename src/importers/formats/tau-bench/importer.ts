import { makeId } from '../../../core/ids.ts'
import type { OutcomeSignal } from '../../../core/outcome/signal.ts'
import type { Json, JsonObject, Session } from '../../../core/session.ts'
import type { Head, Importer, ImportItem, Source } from '../../importer.ts'
import { readElements } from '../../reading/elements.ts'
import { makeSessionId, toEventsItem } from '../../session-draft.ts'
import { asArray, asKey, asNumber, asObject, asString, exposureLabel } from '../../shape.ts'
import { baseName, cutTitle } from '../../simulated-user.ts'
import { readTrajectory } from './trajectory.ts'

/** tau-bench v1 results: an array of runs with `traj` (OpenAI chat messages) and `reward`. */
export const tauBench: Importer = {
  format: 'tau-bench',
  version: 1,
  detect: ({ text }: Head) =>
    /^\s*\[\s*\{/.test(text) && /"traj"\s*:\s*\[/.test(text) && /"task_id"\s*:/.test(text),
  read,
}

async function* read(source: Source): AsyncIterable<ImportItem> {
  const scale = await findScale(source)
  const seen = new Map<string, number>()
  for await (const piece of pieces(source)) {
    if (piece.type === 'tooLarge') {
      yield { type: 'skipped', reason: 'run larger than the record limit', count: 1, kept: false }
    } else if (piece.type === 'element') {
      const run = asObject(piece.value)
      const traj = run && asArray(run.traj)
      if (run && traj) yield* readRun(source, { run, traj, scale, seen })
      else yield { type: 'skipped', reason: 'element without a trajectory', count: 1, kept: false }
    }
  }
}

const pieces = (source: Source) =>
  readElements(source.open(), {
    path: source.path,
    arrayKey: 'results',
    recordBytes: source.limits.recordBytes,
  })

/**
 * Most files grade 0 or 1. A file whose rewards never reach 1 while some are above 0 grades by degree, and
 * every run above 0 did what it was asked to some degree: there, success is any reward at all. Calling all
 * of them failures would make the file say nothing.
 */
type Scale = 'zero_or_one' | 'graded'

async function findScale(source: Source): Promise<Scale> {
  let highest = 0
  for await (const piece of pieces(source)) {
    if (piece.type === 'element')
      highest = Math.max(highest, asNumber(asObject(piece.value)?.reward) ?? 0)
  }
  return highest > 0 && highest < 1 ? 'graded' : 'zero_or_one'
}

interface Run {
  readonly run: JsonObject
  readonly traj: readonly Json[]
  readonly scale: Scale
  readonly seen: Map<string, number>
}

async function* readRun(source: Source, given: Run): AsyncIterable<ImportItem> {
  const { traj: _, ...rest } = given.run
  const masked = await source.mask([rest, ...given.traj])
  const session = describeSession(source, given)
  yield { type: 'session', session }
  const options = { key: session.key, hash: source.hash }
  const trajectory = readTrajectory(masked.records.slice(1), options)
  yield toEventsItem(session.id, trajectory.events, masked)
  for (const reason of trajectory.unknown) yield { type: 'skipped', reason, count: 1, kept: true }
  yield {
    type: 'session_end',
    session: { ...session, title: trajectory.firstWords && cutTitle(trajectory.firstWords) },
    outcomes: readOutcome(source, session, given),
  }
}

function describeSession(source: Source, { run, traj, seen }: Run): Session {
  const base = baseName(source.path)
  const task = asKey(run.task_id) ?? 'unknown'
  const name = `tau-bench:${base}:${task}:${asKey(run.trial) ?? '0'}`
  const repeat = seen.get(name) ?? 0
  seen.set(name, repeat + 1)
  const key = repeat === 0 ? name : `${name}#${repeat + 1}`
  const policy = asString(asObject(traj[0])?.content) ?? ''
  const domain = findDomain(base, policy)
  const model = base.split(/[-_](?:airline|retail|telecom)/)[0] ?? base
  return {
    id: makeSessionId({ key, hash: source.hash }),
    key,
    format: 'tau-bench',
    agent: { name: model, version: null, model },
    task: { type: domain, id: `${domain}/${source.taskIds[task] ?? `tau-bench-${task}`}` },
    title: null,
    startedAt: null,
    endedAt: null,
    status: 'idle',
    principal: asString(asObject(asObject(run.info)?.task)?.user_id),
    labels: {
      policy: source.hash(policy).slice(0, 12),
      source_task: task,
      ...exposureLabel(run, run.info),
    },
  }
}

function findDomain(base: string, policy: string): string {
  const named = /(?:^|[-_])(airline|retail|telecom)/.exec(base) ?? /^# (\w+) /.exec(policy)
  return named?.[1]?.toLowerCase() ?? 'unknown'
}

function readOutcome(source: Source, session: Session, { run, scale }: Run): OutcomeSignal[] {
  const reward = asNumber(run.reward)
  const info = asObject(asObject(asObject(run.info)?.reward_info)?.info)
  const value = reward === null ? null : Math.min(Math.max(reward, 0), 1)
  const success = reward === null ? null : scale === 'graded' ? reward > 0 : reward >= 1
  const components: Record<string, number | string> = { scale }
  const actions = asNumber(info?.r_actions)
  const outputs = asNumber(info?.r_outputs)
  if (actions !== null) components.r_actions = actions
  if (outputs !== null) components.r_outputs = outputs
  const content = JSON.stringify([value, success, components])
  return [
    {
      id: makeId('osig', source.hash, [session.key, 'task_reward', content]),
      sessionId: session.id,
      kind: 'task_reward',
      value,
      success,
      components,
      decidedAt: null,
      source: 'tau-bench',
    },
  ]
}
