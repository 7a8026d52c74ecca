import type { Case } from './case.ts'
import type { Members } from './contrast.ts'
import type { Population } from './population.ts'

/** Sessions by feature, features in the order of their names. */
export function gatherMembers(
  { cases }: Population,
  featuresOf: (one: Case, index: number) => Iterable<string>,
): [string, Members][] {
  const gathered = new Map<string, number[]>()
  cases.forEach((one, index) => {
    for (const feature of featuresOf(one, index)) {
      const members = gathered.get(feature)
      if (!members) gathered.set(feature, [index])
      else if (members.at(-1) !== index) members.push(index)
    }
  })
  return [...gathered].toSorted(([a], [b]) => (a < b ? -1 : 1))
}

/** A pattern over too few sessions cannot become a finding; testing it would cost the others power. */
const fewest = 8

export const isComparable = ({ cases }: Population, members: Members) =>
  members.length >= fewest && cases.length - members.length >= fewest

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
