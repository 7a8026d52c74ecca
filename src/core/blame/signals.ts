import { looksLikeError } from '../transcript/error-text.ts'

/** One turn of a run, in order. */
export interface Turn {
  readonly index: number
  readonly speaker: string
  readonly text: string
  /** `result`: what a machine answered, which nobody is blamed for; `request`: the user's words. */
  readonly role: 'request' | 'act' | 'result'
  /** Whether code or a tool of this turn was run; its answer is the next turn. */
  readonly runs: boolean
  /** For results: the run failed. */
  readonly error: boolean
}

/** What speaks for or against a turn; those that speak for it read as answers to "why this turn?". */
export type Reason =
  | 'works at something else than what was asked'
  | 'only passes the task on'
  | 'its code failed'
  | 'first failure of the run'
  | 'guesses or makes data up'
  | 'states figures that nobody looked up'
  | 'comes late'

export type Signals = Readonly<Record<Reason, number>>

export interface Candidate {
  readonly turn: Turn
  readonly signals: Signals
}

/** The turns that somebody may be blamed for, in order, with what speaks for each. Linear in the text. */
export function findSignals(turns: readonly Turn[]): Candidate[] {
  const read = turns.map(readTurn)
  const acts = read.filter(({ turn, words }) => turn.role === 'act' && words.size > minWords)
  const requests = read.filter(({ turn }) => turn.role === 'request')
  const asked = new Set(requests.flatMap(({ words }) => [...words]))
  const firstFailure = acts.find((one) => failed(read, one))
  const known = new Set(asked)
  let order = 0
  return read.flatMap((one) => {
    const figures = [...one.words].filter((word) => !known.has(word) && /\d/.test(word)).length
    for (const word of one.words) known.add(word)
    if (one !== acts[order]) return []
    const opening = order === 0
    const signals = {
      ...(opening ? judgeOpening(one, asked) : judgeLater(read, one, figures)),
      'its code failed': failed(read, one) ? 1 : 0,
      'first failure of the run': one === firstFailure ? 1 : 0,
      'comes late': Math.log2(1 + order),
    }
    order += 1
    return [{ turn: one.turn, signals }]
  })
}

/** Shorter turns hand over or say goodbye ("TERMINATE", "Next speaker Coder"). */
const minWords = 4
const maxRead = 20_000

interface Read {
  readonly turn: Turn
  readonly at: number
  readonly words: ReadonlySet<string>
}

function readTurn(turn: Turn, at: number): Read {
  const text = turn.text.slice(0, maxRead).toLowerCase()
  return { turn, at, words: new Set(text.match(/[\p{L}\p{N}][\p{L}\p{N}'.-]{2,40}/gu) ?? []) }
}

type Judged = Pick<
  Signals,
  | 'works at something else than what was asked'
  | 'only passes the task on'
  | 'guesses or makes data up'
  | 'states figures that nobody looked up'
>

/** The first turn of a team often quotes the task, so its words count only against the task's own. */
function judgeOpening({ turn, words }: Read, asked: ReadonlySet<string>): Judged {
  const kept = [...asked].filter((word) => words.has(word)).length
  return {
    'works at something else than what was asked': asked.size === 0 ? 0 : 1 - kept / asked.size,
    'only passes the task on': turn.runs || turn.text.includes('```') ? 0 : 1,
    'guesses or makes data up': 0,
    'states figures that nobody looked up': 0,
  }
}

const guess =
  /\b(?:simulat\w+|hypothetical\w*|assum\w+|sample data|mock|placeholder|fictional|for demonstration|general knowledge|educated guess|let's say|suppose|probably|presumably)\b/i

function judgeLater(read: readonly Read[], { turn, at }: Read, figures: number): Judged {
  const lookedUp = turn.runs || read[at - 1]?.turn.role === 'result'
  return {
    'works at something else than what was asked': 0,
    'only passes the task on': 0,
    'guesses or makes data up': guess.test(turn.text.slice(0, maxRead)) ? 1 : 0,
    // Beyond fifteen figures it is a page that was read, and more of them say no more.
    'states figures that nobody looked up': lookedUp ? 0 : Math.min(Math.log2(1 + figures), 4),
  }
}

function failed(read: readonly Read[], { turn, at }: Read): boolean {
  const next = read[at + 1]?.turn
  if (!turn.runs || next?.role !== 'result') return false
  return next.error || looksLikeError(next.text)
}
