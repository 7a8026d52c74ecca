import { makeId } from '../../../core/ids.ts'
import type { OutcomeSignal } from '../../../core/outcome/signal.ts'
import type { JsonObject, Session } from '../../../core/session.ts'
import type { Head, Importer, ImportItem, Source } from '../../importer.ts'
import { readElements } from '../../reading/elements.ts'
import { makeSessionId, toEventsItem } from '../../session-draft.ts'
import { asArray, asKey, asNumber, asObject, asString, exposureLabel } from '../../shape.ts'
import { baseName, cutTitle } from '../../simulated-user.ts'
import { readTurns } from './turns.ts'

/** InterCode results: one object, task → episode, with `turn_history` (parallel lists) and `summary`. */
export const intercode: Importer = {
  format: 'intercode',
  version: 1,
  detect: ({ text }: Head) =>
    /^\s*(?:\{\s*"[^"\n]{0,64}"\s*:|\[)\s*\{/.test(text) &&
    /"environment"\s*:\s*"ic_/.test(text) &&
    /"turn_history"\s*:\s*\{/.test(text),
  read,
}

async function* read(source: Source): AsyncIterable<ImportItem> {
  const seen = new Map<string, number>()
  const options = {
    path: source.path,
    // No member of such a file is a long array: every episode is a member of its own.
    arrayKey: '',
    recordBytes: source.limits.recordBytes,
  }
  for await (const piece of readElements(source.open(), options)) {
    if (piece.type === 'tooLarge') {
      yield skip('episode larger than the record limit')
      continue
    }
    const episode = asObject(piece.value)
    const history = asObject(episode?.turn_history)
    if (episode && history && asArray(history.actions)) {
      const task = asKey(episode.task_id) ?? (piece.type === 'member' ? piece.key : 'unknown')
      yield* readEpisode(source, { episode, history, task, seen })
    } else yield skip('member without a turn history')
  }
}

const skip = (reason: string): ImportItem => ({ type: 'skipped', reason, count: 1, kept: false })

interface Episode {
  readonly episode: JsonObject
  readonly history: JsonObject
  readonly task: string
  readonly seen: Map<string, number>
}

async function* readEpisode(source: Source, given: Episode): AsyncIterable<ImportItem> {
  const { turns, rest } = splitHistory(given.history)
  const masked = await source.mask([{ ...given.episode, turn_history: rest }, ...turns])
  const session = describeSession(source, given)
  yield { type: 'session', session }
  const { events, terminated } = readTurns(masked.records, {
    tool: toolOf(given.episode),
    limit: asNumber(asObject(given.episode.summary)?.turns_max),
    options: { key: session.key, hash: source.hash },
  })
  yield toEventsItem(session.id, events, masked)
  yield {
    type: 'session_end',
    session: terminated ? { ...session, status: 'terminated' } : session,
    outcomes: readOutcome(source, session, given),
  }
}

const perTurn = {
  thought: 'thoughts',
  action: 'actions',
  observation: 'observations',
  reward: 'rewards',
  valid_action: 'valid_action',
} as const

/** One raw record a turn; what belongs to no turn (a plan) stays with the episode. */
function splitHistory(history: JsonObject): { turns: JsonObject[]; rest: JsonObject } {
  const names = new Set<string>(Object.values(perTurn))
  const lists = Object.entries(perTurn).map(
    ([one, many]) => [one, asArray(history[many]) ?? []] as const,
  )
  const length = Math.max(...lists.map(([, list]) => list.length))
  const turns = Array.from({ length }, (_, at) =>
    Object.fromEntries(
      lists.flatMap(([name, list]) => {
        const value = list[at]
        return value === undefined ? [] : [[name, value]]
      }),
    ),
  )
  const rest = Object.fromEntries(Object.entries(history).filter(([name]) => !names.has(name)))
  return { turns, rest }
}

const toolOf = (episode: JsonObject): string =>
  (asString(episode.environment) ?? 'unknown').replace(/^ic_/, '')

function describeSession(source: Source, { episode, task, seen }: Episode): Session {
  const base = baseName(source.path)
  const name = `intercode:${base}:${task}`
  const repeat = seen.get(name) ?? 0
  seen.set(name, repeat + 1)
  const key = repeat === 0 ? name : `${name}#${repeat + 1}`
  const type = toolOf(episode)
  const query = asString(episode.query)
  const set = baseName(asString(episode.dataset) ?? 'unknown')
  const method = /(multiturn|plan_solve|react)/.exec(base)?.[1] ?? 'unknown'
  return {
    id: makeSessionId({ key, hash: source.hash }),
    key,
    format: 'intercode',
    agent: { name: `intercode-${method}`, version: null, model: findModel(base) },
    // Several models work at one task of one set: the id names no model.
    task: { type, id: `${type}/${source.taskIds[task] ?? `${set}/${task}`}` },
    title: query === null ? null : cutTitle(query),
    startedAt: null,
    endedAt: null,
    status: 'idle',
    principal: null,
    labels: { dataset: set, method, source_task: task, ...exposureLabel(episode) },
  }
}

/** From `bash__gpt-4__ic_bash_…`, else from `ic_bash_multiturn_gpt-4_10_turns…`. */
function findModel(base: string): string | null {
  const parts = base.split('__')
  if (parts.length === 3) return parts[1] ?? null
  return /_multiturn_([\w.-]{1,64}?)_\d{1,3}_turns/.exec(base)?.[1] ?? null
}

function readOutcome(source: Source, session: Session, { episode, history }: Episode) {
  const summary = asObject(episode.summary)
  const reward = asNumber(summary?.max_reward)
  const value = reward === null ? null : Math.min(Math.max(reward, 0), 1)
  const success = reward === null ? null : reward >= 1
  const rewards = asArray(history.rewards) ?? []
  // Numbers among the components are verdicts, so what only describes the run is text.
  const components = {
    ...pickNumbers(asObject(asObject(episode.info)?.reward) ?? {}),
    rewards: rewards.map((one) => roundReward(asNumber(one))).join(' '),
    turns: `${rewards.length} of ${asNumber(summary?.turns_max) ?? '?'}`,
  }
  const content = JSON.stringify([value, success, components])
  const signal: OutcomeSignal = {
    id: makeId('osig', source.hash, [session.key, 'task_reward', content]),
    sessionId: session.id,
    kind: 'task_reward',
    value,
    success,
    components,
    decidedAt: null,
    source: 'intercode',
  }
  return [signal]
}

/** Sums of thirds come as 0.7100000000000001. */
const roundReward = (reward: number | null) =>
  reward === null ? '?' : String(Math.round(reward * 1000) / 1000)

function pickNumbers(given: JsonObject): Record<string, number> {
  const numbers: Record<string, number> = {}
  for (const [name, value] of Object.entries(given)) {
    const number = asNumber(value)
    if (number !== null) numbers[name] = number
  }
  return numbers
}
