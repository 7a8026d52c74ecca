import type { MemoryDocument } from '../src/core/memory.ts'
import { seededRandom } from '../src/core/statistics/random.ts'
import { hash } from '../test/_airline.ts'

/** One line of a planted store and what is true of it. */
export interface PlantedLine {
  readonly text: string
  readonly path: string
  /** Which fact it states; lines of one fact say the same or an older value of it. */
  readonly fact: number
  readonly role:
    | 'plain'
    | 'duplicate'
    | 'old'
    | 'new'
    | 'conflict'
    | 'hard_negative'
    | 'special_case'
    | 'noise'
  /** For `old` and `new`: how the change is told. */
  readonly form: 'semi' | 'prose' | null
}

export interface PlantedStore {
  readonly lines: readonly PlantedLine[]
  readonly documents: readonly MemoryDocument[]
}

export type Split = 'tune' | 'test'

type Pick = <T>(list: readonly T[]) => T

/** A fact in several wordings: `e` a thing, `v` its value. Tune and test have none in common. */
interface Template {
  readonly ways: readonly ((e: string, v: string) => string)[]
  readonly values: (random: () => number) => string
  /** How one is told to have changed: dated key-value lines, or prose. */
  readonly semi: (e: string, v: string, day: string) => string
  readonly prose: (e: string, v: string, old: string) => string
}

const number = (from: number, to: number) => (random: () => number) =>
  String(from + Math.floor(random() * (to - from)))
const oneOf = (list: readonly string[]) => (random: () => number) =>
  list[Math.floor(random() * list.length)] ?? ''

const cities =
  'Lisbon Oslo Denver Nairobi Osaka Quito Turin Perth Leeds Malmo Dakar Hanoi Boston Lagos Sofia Cork'.split(
    ' ',
  )
const people =
  'Amara Bruno Chidi Dagny Elif Farid Greta Hiro Ines Jonas Kavya Lars Mirela Noor Otto Priya'.split(
    ' ',
  )
const tools =
  'kestrel tern heron plover egret osprey merlin dunlin siskin avocet curlew wigeon'.split(' ')

const tune: readonly Template[] = [
  {
    // support
    ways: [
      (e, v) => `Refunds for ${e} orders take ${v} days.`,
      (e, v) => `Refunds of ${e} orders take ${v} days`,
      (e, v) => `It takes ${v} days for refunds of ${e} orders.`,
    ],
    values: number(2, 29),
    semi: (e, v, day) => `${e} refund time: ${v} days (as of ${day})`,
    prose: (e, v, old) => `The refund time for ${e} orders changed from ${old} days to ${v} days.`,
  },
  {
    // infrastructure
    ways: [
      (e, v) => `The ${e} service listens on port ${v}.`,
      (e, v) => `On port ${v}, the ${e} service is listening.`,
      (e, v) => `The ${e} services listen on port ${v}`,
    ],
    values: number(3_000, 9_000),
    semi: (e, v, day) => `${day}: ${e} service port is ${v}`,
    prose: (e, v, old) => `The port of the ${e} service was moved from ${old} to ${v}.`,
  },
  {
    // travel
    ways: [
      (e, v) => `Bookings from ${e} can be cancelled within ${v} hours.`,
      (e, v) => `Within ${v} hours, bookings from ${e} can be canceled.`,
      (e, v) => `A booking from ${e} can be cancelled within ${v} hours.`,
    ],
    values: number(6, 96),
    semi: (e, v, day) => `Cancellation window ${e} = ${v} hours (since ${day})`,
    prose: (e, v, old) =>
      `The cancellation window for bookings from ${e} is now ${v} hours instead of ${old} hours.`,
  },
  {
    // research
    ways: [
      (e, v) => `The ${e} dataset is maintained by ${v}.`,
      (e, v) => `${v} maintains the ${e} dataset.`,
      (e, v) => `Maintained by ${v}: the ${e} dataset.`,
    ],
    values: oneOf(people),
    semi: (e, v, day) => `${e} dataset maintainer: ${v} (since ${day})`,
    prose: (e, v, old) => `The maintainer of the ${e} dataset changed from ${old} to ${v}.`,
  },
  {
    // sales
    ways: [
      (e, v) => `Customers in ${e} get a discount of ${v} percent.`,
      (e, v) => `Clients in ${e} receive a discount of ${v}%.`,
      (e, v) => `A ${v}% discount is given to customers in ${e}.`,
    ],
    values: number(3, 40),
    semi: (e, v, day) => `Discount in ${e}: ${v}% (effective ${day})`,
    prose: (e, v, old) => `The discount in ${e} was raised from ${old}% to ${v}%.`,
  },
]

const test: readonly Template[] = [
  {
    ways: [
      (e, v) => `Tickets from ${e} must be answered within ${v} minutes.`,
      (e, v) =>
        `Every ticket from ${e} must get a reply within ${v} minutes.`.replace('Every', 'A'),
      (e, v) => `Within ${v} minutes, tickets from ${e} must be answered`,
    ],
    values: number(5, 90),
    semi: (e, v, day) => `Answer time ${e}: ${v} minutes (valid from ${day})`,
    prose: (e, v, old) =>
      `The answer time for ${e} was reduced from ${old} minutes to ${v} minutes.`,
  },
  {
    ways: [
      (e, v) => `Backups of ${e} are kept for ${v} weeks.`,
      (e, v) => `We keep backups of ${e} for ${v} weeks.`.replace('We keep', 'Keep'),
      (e, v) => `The backups of ${e} are retained for ${v} weeks`,
    ],
    values: number(2, 60),
    semi: (e, v, day) => `[${day}] Backup retention ${e}: ${v} weeks`,
    prose: (e, v, old) => `Backup retention for ${e} is now ${v} weeks, up from ${old} weeks.`,
  },
  {
    ways: [
      (e, v) => `The shuttle to ${e} leaves from gate ${v}.`,
      (e, v) => `From gate ${v} leaves the shuttle to ${e}.`,
      (e, v) => `The shuttle to ${e} is leaving from gate ${v}`,
    ],
    values: number(10, 99),
    semi: (e, v, day) => `Shuttle gate ${e} = ${v} (from ${day})`,
    prose: (e, v, old) => `The shuttle to ${e} moved from gate ${old} to gate ${v}.`,
  },
  {
    ways: [
      (e, v) => `Experiments on ${e} are approved by ${v}.`,
      (e, v) => `${v} approves experiments on ${e}.`,
      (e, v) => `Every experiment on ${e} is approved by ${v}.`.replace('Every', 'An'),
    ],
    values: oneOf(people),
    semi: (e, v, day) => `Approver for ${e}: ${v} (updated ${day})`,
    prose: (e, v, old) => `Experiments on ${e} are now approved by ${v} instead of ${old}.`,
  },
  {
    ways: [
      (e, v) => `Invoices above ${v} dollars from ${e} need a second signature.`,
      (e, v) => `A second signature is required for invoices above $${v} from ${e}.`,
      (e, v) => `Invoices from ${e} above ${v} dollars require a second signature.`,
    ],
    values: (random) => String(100 * (5 + Math.floor(random() * 90))),
    semi: (e, v, day) => `Signature threshold ${e}: ${v} dollars (as of ${day})`,
    prose: (e, v, old) =>
      `The signature threshold for ${e} went from ${old} dollars to ${v} dollars.`,
  },
]

const templatesOf = (split: Split) => (split === 'tune' ? tune : test)

const entities = cities.flatMap((city) => tools.map((tool) => `${city} ${tool}`))

const conditions = [
  'if the customer is new',
  'on weekends',
  'during an incident',
  'unless a manager agrees',
]

const noise = [
  'Meeting notes live in the wiki.',
  'Ask before you touch shared dashboards.',
  'The coffee machine needs cleaning on Fridays.',
  'Write short commit messages.',
  'Screenshots help when a page looks odd.',
]

/** Lines about facts with lineage: paraphrases, changes told two ways, conflicts, near misses, noise. */
export function plantStore(seed: number, split: Split, size = 2_000): PlantedStore {
  const random = seededRandom(seed * 7_919 + (split === 'tune' ? 1 : 2))
  const pick: Pick = (list) => list[Math.floor(random() * list.length)] as (typeof list)[number]
  const templates = templatesOf(split)
  const lines: PlantedLine[] = []
  let fact = 0
  const free = templates.flatMap((_, at) => entities.map((entity) => ({ at, entity })))
  for (let i = free.length - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1))
    ;[free[i], free[j]] = [free[j] as (typeof free)[number], free[i] as (typeof free)[number]]
  }
  const add = (line: Omit<PlantedLine, 'path' | 'form'> & { form?: PlantedLine['form'] }) => {
    lines.push({ form: null, ...line, path: `/notes-${Math.floor(random() * 20)}.md` })
  }
  while (lines.length < size && free.length > 0) {
    const { at, entity: e } = free.pop() as (typeof free)[number]
    const template = templates[at] as Template
    const v = template.values(random)
    const other = differ(v, template, random)
    fact += 1
    const kind = random()
    const [way, second] = [pick(template.ways), pick(template.ways)]
    if (kind < 0.3) add({ text: way(e, v), fact, role: 'plain' })
    else if (kind < 0.5) {
      add({ text: way(e, v), fact, role: 'duplicate' })
      add({ text: second(e, v), fact, role: 'duplicate' })
    } else if (kind < 0.6) {
      add({ text: template.semi(e, other, '2025-03-01'), fact, role: 'old', form: 'semi' })
      add({ text: template.semi(e, v, '2026-05-01'), fact, role: 'new', form: 'semi' })
    } else if (kind < 0.68) {
      add({ text: way(e, other), fact, role: 'old', form: 'prose' })
      add({ text: template.prose(e, v, other), fact, role: 'new', form: 'prose' })
    } else if (kind < 0.76) {
      add({ text: way(e, v), fact, role: 'conflict' })
      add({ text: second(e, other), fact, role: 'conflict' })
    } else if (kind < 0.88) {
      add({ text: way(e, v), fact, role: 'hard_negative' })
      fact += 1
      const spoilt = spoil(way(e, v), { random, pick, other, v })
      const changed = spoilt === way(e, v) ? way(e, other) : spoilt
      add({ text: changed, fact, role: 'hard_negative' })
    } else if (kind < 0.93) {
      add({ text: way(e, v), fact, role: 'special_case' })
      fact += 1
      const plain = way(e, other).replace(/\.$/, '')
      add({ text: `${plain} ${pick(conditions)}.`, fact, role: 'special_case' })
    } else add({ text: `${pick(noise)} (${e})`, fact, role: 'noise' })
  }
  return { lines, documents: toDocuments(lines) }
}

function differ(v: string, template: Template, random: () => number): string {
  for (;;) {
    const other = template.values(random)
    if (other !== v) return other
  }
}

/** Changes exactly one thing that matters: a number, a negation, a name, a date, a unit, or a scope. */
function spoil(
  text: string,
  { random, pick, other, v }: { random: () => number; pick: Pick; other: string; v: string },
): string {
  const how = Math.floor(random() * 4)
  if (how === 0) return text.replace(v, other)
  if (how === 1) {
    return text
      .replace(
        / (take|takes|listens|listen|get|receive|leaves|maintains|approves|need) /,
        ' do not $1 ',
      )
      .replace(/ (can be|is|are|must be|must get|require) /, ' $1 not ')
  }
  if (how === 2) {
    const city = cities.find((one) => text.includes(one)) ?? ''
    return text.replace(city, pick(cities.filter((one) => one !== city)))
  }
  return `${text.replace(/\.$/, '')} until 2026-12-31.`
}

function toDocuments(lines: readonly PlantedLine[]): MemoryDocument[] {
  return [...Map.groupBy(lines, ({ path }) => path)]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, own]) => {
      const content = `# Notes\n\n${own.map(({ text }) => `- ${text}\n`).join('')}`
      return { path, content, contentSha256: hash(content) }
    })
}
