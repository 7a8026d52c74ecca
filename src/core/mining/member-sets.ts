import type { Members } from './contrast.ts'
import type { Population } from './population.ts'

/** Sessions by feature, by the features' numbers; a case may name a feature more than once. */
export class MemberSets {
  readonly #members: number[][] = []

  add(feature: number, index: number): void {
    const members = this.#members[feature]
    if (!members) this.#members[feature] = [index]
    else if (members[members.length - 1] !== index) members.push(index)
  }

  /** In the order of the names. */
  list(nameOf: (feature: number) => string): [string, Members][] {
    return this.#members
      .flatMap((members, feature): [string, Members][] => [[nameOf(feature), members]])
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
  }
}

/** A pattern over too few sessions cannot become a finding; testing it would cost the others power. */
const fewest = 8

export const isComparable = (cases: number, members: number) =>
  members >= fewest && cases - members >= fewest

/** Sessions and tasks from which a pattern is worth showing, whatever it does: three, or 1 % of all. */
export const recurringFrom = ({ cases }: Population) => ({
  sessions: Math.max(3, Math.ceil(cases.length / 100)),
  tasks: 2,
})

/** Seen in enough places to be worth showing. */
export function isRecurring(population: Population, members: Members): boolean {
  const { cases } = population
  const needed = recurringFrom(population)
  if (members.length < needed.sessions) return false
  const places = new Set(
    members.map((index) => cases[index]?.trace.task.id ?? cases[index]?.trace.sessionId),
  )
  return places.size >= needed.tasks
}

/** The one type of task that all members have, or null. */
export function soleTaskType({ types }: Population, members: Members): string | null {
  const found = new Set(members.map((index) => types.of[index] ?? null))
  const [only] = found
  return found.size === 1 ? (only ?? null) : null
}
