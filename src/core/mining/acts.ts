import type { Trace } from '../transcript/trace.ts'
import type { Citation } from './finding.ts'

/** One thing that happened in a session, under a name that sessions share. */
export interface Act {
  readonly name: string
  readonly of: Citation['of']
  readonly index: number
}

/**
 * Calls, what the agent said that commits it, and what the user answered, in the order of the transcript;
 * the same several times in a row is one act, marked `+`.
 */
export function listActs(trace: Trace): Act[] {
  const acts: (Act & { readonly at: number })[] = [
    ...trace.steps.map(({ at, act, status, index }) => ({
      at,
      name: status === 'ok' || status === 'no_result' ? act : `${act}:${status}`,
      of: status === 'error' ? ('error' as const) : ('call' as const),
      index,
    })),
    ...trace.sayings.flatMap(({ at, asks, handsOver }, index) =>
      asks || handsOver
        ? [{ at, name: handsOver ? 'says:hands_over' : 'says:asks', of: 'saying' as const, index }]
        : [],
    ),
    ...trace.turns.flatMap(({ at, agrees, score }, index) =>
      agrees || score >= 3
        ? [{ at, name: agrees ? 'user:agrees' : 'user:corrects', of: 'turn' as const, index }]
        : [],
    ),
  ].toSorted((a, b) => a.at - b.at)
  return collapse(acts)
}

function collapse(acts: readonly Act[]): Act[] {
  const collapsed: Act[] = []
  for (const { name, of, index } of acts) {
    const last = collapsed.at(-1)
    if (last && last.name.replace(/\+$/, '') === name) {
      collapsed[collapsed.length - 1] = { ...last, name: `${name}+` }
    } else collapsed.push({ name, of, index })
  }
  return collapsed
}
