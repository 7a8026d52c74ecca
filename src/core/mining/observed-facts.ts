import type { Hash } from '../ids.ts'
import { parseItems } from '../items/items.ts'
import type { MemoryDocument } from '../memory.ts'
import type { Candidate, Patterns } from './candidate.ts'
import { cite, type Sighting } from './cite.ts'
import type { Population } from './population.ts'
import { shorten } from './wording.ts'

/** Independent sessions in which a tool must have stated the value. */
const fewestSessions = 2

interface Statement {
  readonly path: string
  readonly line: string
  readonly text: string
}

interface Seen {
  readonly value: string
  readonly member: number
  readonly sighting: Sighting
}

/**
 * Values that tools state of a thing, where the memory states another: the line names the thing and the
 * attribute and holds a value of the same kind, but not the one that the latest sessions saw. Only where the
 * tools agree with each other: what changes from one look to the next is a status, not a fact.
 */
export function mineObservedFacts(
  population: Population,
  documents: readonly MemoryDocument[],
  hash: Hash,
): Patterns {
  const stated = indexStatements(documents, hash)
  const observed = stated.size === 0 ? new Map<string, Seen[]>() : gather(population, stated)
  const candidates = [...observed]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([key, seen]) => compare(key, seen, stated))
  const leftOut = population.cases.reduce((sum, { trace }) => sum + trace.observationsLeftOut, 0)
  return {
    kind: 'observed_fact',
    considered: observed.size,
    tested: false,
    candidates,
    silences:
      leftOut > 0 && stated.size > 0
        ? [
            `${leftOut} values in tool results were beyond what is kept of one session and not compared with the memory.`,
          ]
        : [],
  }
}

const wordsOf = (text: string) => text.toLowerCase().match(/[\p{L}\p{N}][\p{L}\p{N}_-]*/gu) ?? []

/** Lines of the memory by each of their words. */
function indexStatements(
  documents: readonly MemoryDocument[],
  hash: Hash,
): ReadonlyMap<string, Statement[]> {
  const index = new Map<string, Statement[]>()
  for (const document of documents) {
    for (const item of parseItems(document, hash)) {
      if (item.kind !== 'bullet' && item.kind !== 'paragraph' && item.kind !== 'row') continue
      const statement = {
        path: item.path,
        line: item.text,
        text: [...item.headings, item.text].join(' ').toLowerCase(),
      }
      for (const word of new Set(wordsOf(statement.text))) {
        const posting = index.get(word)
        if (posting) posting.push(statement)
        else index.set(word, [statement])
      }
    }
  }
  return index
}

/** What was observed of things that some line names. */
function gather({ cases }: Population, stated: ReadonlyMap<string, unknown>): Map<string, Seen[]> {
  const observed = new Map<string, Seen[]>()
  const named = new Map<string, boolean>()
  const isNamed = (entity: string) => {
    const [first] = wordsOf(entity)
    const known = first !== undefined && stated.has(first)
    named.set(entity, known)
    return known
  }
  cases.forEach((one, member) => {
    for (const { entity, attribute, value, step } of one.trace.observations) {
      if (!(named.get(entity) ?? isNamed(entity))) continue
      const key = `${entity}\0${attribute}`
      const seen = observed.get(key) ?? []
      observed.set(key, seen)
      seen.push({ value, member, sighting: { one, of: 'result', index: step } })
    }
  })
  return observed
}

function compare(
  key: string,
  seen: readonly Seen[],
  stated: ReadonlyMap<string, Statement[]>,
): Candidate[] {
  const [entity, attribute] = key.split('\0') as [string, string]
  const values = new Set(seen.map(({ value }) => value))
  const members = [...new Set(seen.map(({ member }) => member))]
  const [observed] = values
  if (values.size !== 1 || members.length < fewestSessions || observed === undefined) return []
  const names = attribute.toLowerCase().split(/[_\s-]+/)
  const lines = (stated.get(wordsOf(entity)[0] ?? '') ?? []).filter(
    ({ text }) => text.includes(entity.toLowerCase()) && names.every((name) => text.includes(name)),
  )
  return lines.flatMap((statement) => {
    const other = findOther(statement.text, { observed, entity, names })
    return other === null
      ? []
      : [toCandidate({ statement, entity, attribute, observed, stated: other, members, seen })]
  })
}

/** The value of the same kind right behind the attribute, when it is another one; numbers and true/false only. */
function findOther(
  text: string,
  { observed, entity, names }: { observed: string; entity: string; names: readonly string[] },
): string | null {
  const rest = text.replaceAll(entity.toLowerCase(), ' ')
  const behind = rest.slice(rest.lastIndexOf(names.at(-1) ?? '') + (names.at(-1)?.length ?? 0))
  const numeric = /^-?\d+(?:\.\d+)?$/.test(observed)
  if (numeric) {
    const found = /-?\d[\d,]*(?:\.\d+)?/.exec(behind.slice(0, 60))?.[0]
    if (found === undefined) return null
    return Number(found.replaceAll(',', '')) === Number(observed) ? null : found
  }
  if (observed !== 'true' && observed !== 'false') return null
  const found = /\b(?:true|false)\b/.exec(behind.slice(0, 60))?.[0]
  return found === undefined || found === observed ? null : found
}

function toCandidate(given: {
  statement: Statement
  entity: string
  attribute: string
  observed: string
  stated: string
  members: readonly number[]
  seen: readonly Seen[]
}): Candidate {
  const { statement, entity, attribute, observed, stated, members, seen } = given
  const title = `Tools state ${attribute} of ${shorten(entity, 60)} as ${observed}, the memory as ${stated}`
  return {
    members,
    standing: 'counted',
    name: title,
    describe: () => ({
      key: `observed_fact:${statement.path}:${entity}:${attribute}`,
      title,
      detail: {
        kind: 'observed_fact',
        path: statement.path,
        line: statement.line,
        entity,
        attribute,
        stated,
        observed,
      },
      citations: cite({ supports: seen.map(({ sighting }) => sighting) }),
    }),
  }
}
