import type { ProposedChange } from '../change/change.ts'
import { extractFacts, type Facts } from '../items/facts.ts'
import type { MemoryDocument } from '../memory.ts'
import type { Critic } from './critique.ts'

const critic = 'facts'
const kinds = ['numbers', 'dates', 'names', 'code', 'negations'] as const

/** These say that nothing is lost; the others replace a value on purpose. */
const keeping: ReadonlySet<ProposedChange['operation']> = new Set(['merge', 'move', 'retire'])

/** Numbers, dates, names, code and negations of what goes must stand in what stays. */
export const criticizeFacts: Critic = (subject) => {
  const { change } = subject
  if (change.edits.every(({ before }) => before === '')) {
    return { critic, verdict: 'accept', explanation: 'It removes nothing.' }
  }
  const lost = listLostFacts(change, standingAfter(subject))
  if (lost.length === 0) {
    return {
      critic,
      verdict: 'accept',
      explanation: 'Every fact of what goes stands in what stays.',
    }
  }
  const names = lost.slice(0, 5).map((fact) => `“${fact}”`)
  const more = lost.length > names.length ? ` and ${lost.length - names.length} more` : ''
  if (keeping.has(change.operation)) {
    return {
      critic,
      verdict: 'reject',
      explanation: `It would lose ${names.join(', ')}${more}, which stands nowhere in what stays.`,
    }
  }
  return {
    critic,
    verdict: 'accept',
    explanation: `It replaces ${names.join(', ')}${more} on purpose; the old text stays in the version before.`,
  }
}

/** Facts of the removed text that neither the edit, nor the item said to stay, has. */
export function listLostFacts(
  change: ProposedChange,
  documents: readonly MemoryDocument[],
): string[] {
  const gone = factsOf(change.edits.map(({ before }) => before))
  const stays = [...change.edits.map(({ after }) => after), ...findSurvivor(change, documents)]
  const kept = factsOf(stays)
  return kinds.flatMap((kind) => [
    ...new Set(gone[kind].filter((fact) => !kept[kind].includes(fact))),
  ])
}

/** The text that a merge says goes on; nothing where it does not stand. */
function findSurvivor({ path, after }: ProposedChange, documents: readonly MemoryDocument[]) {
  if (after === null)
    return documents.filter((one) => one.path === path).map(({ content }) => content)
  return documents.some(({ content }) => content.includes(after)) ? [after] : []
}

/** The store as it is with the change. */
function standingAfter({ store, change, after }: Parameters<Critic>[0]): MemoryDocument[] {
  const others = store.documents.filter(({ path }) => path !== change.path)
  return after === null ? others : [...others, after]
}

const factsOf = (texts: readonly string[]): Facts => extractFacts(texts.join('\n'))
