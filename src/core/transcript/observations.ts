import type { Observation } from './trace.ts'

/** Observations kept of one session; more are counted, not kept. */
const maxObservations = 60
const maxResult = 64_000
const maxDepth = 6

export interface Observed {
  readonly kept: Observation[]
  leftOut: number
}

/**
 * Scalars that a JSON result states of a thing it names by an id: `{"flight_number":"HAT001","status":"delayed"}`
 * gives status of HAT001. Results that are not JSON give none.
 */
export function observe(step: number, text: string, into: Observed): boolean {
  if (text.length > maxResult || !/^\s*[{[]/.test(text)) return false
  const before = into.kept.length
  const value = parse(text)
  if (value !== null) visit(value, { step, into }, 0)
  return into.kept.length > before
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

const naming = /(?:^|_)(?:id|number|code|sku|name|key)$/i
/** Names of people and places of records about one person are theirs, not facts for a memory. */
const personal =
  /(?:user|customer|first|last|email|address|phone|dob|zip|reservation|order|payment)/i

interface Visit {
  readonly step: number
  readonly into: Observed
}

type Parent = Readonly<Record<string, unknown>>

function visit(value: unknown, at: Visit, depth: number): void {
  if (value === null || typeof value !== 'object' || depth > maxDepth) return
  if (Array.isArray(value)) {
    for (const one of value) visit(one, at, depth + 1)
    return
  }
  const parent = value as Parent
  const name = findName(parent)
  for (const key in parent) {
    const one = parent[key]
    if (typeof one === 'object') visit(one, at, depth + 1)
    else if (name !== null && key !== name && !personal.test(key))
      keep(at, [parent[name], [key, one]])
  }
}

/** The key of what names the thing. */
function findName(parent: Parent): string | null {
  for (const key in parent) {
    if (typeof parent[key] === 'string' && naming.test(key) && !personal.test(key)) return key
  }
  return null
}

function keep(
  { step, into }: Visit,
  [name, [attribute, value]]: readonly [unknown, readonly [string, unknown]],
): void {
  const text = JSON.stringify(value) ?? 'null'
  if (text.length > 80) return
  if (into.kept.length >= maxObservations) into.leftOut += 1
  else into.kept.push({ step, entity: String(name).slice(0, 80), attribute, value: text })
}
