import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { diffLines } from 'diff'
import { contentWords } from '../src/core/items/words.ts'
import type { Finding } from '../src/core/mining/finding.ts'
import { mine } from '../src/core/mining/mine.ts'
import { hash } from '../test/_airline.ts'
import {
  at,
  folder,
  measureRule,
  readLines,
  readSessions,
  ruleRows,
  type Session,
  type Version,
} from './_entire-cli.ts'
import { keepResults, type Row } from './_results.ts'
import { wilson } from './_statistics.ts'

/**
 * A repository's CLAUDE.md as people edited it, against what was mined from the sessions that had ended by
 * then: was an edit foreseen, did a finding come true, and did the rule to format and lint change anything?
 */
export async function benchEntireCli(): Promise<void> {
  if (!existsSync(folder)) {
    console.log('entire-cli: skipped, the larger set of transcripts is absent')
    return
  }
  const sessions = await readSessions()
  const versions = readLines<Version>('claude-md-history.jsonl')
  const corrections = readLines<Correction>('user-corrections.jsonl')
  const edits = versions
    .slice(1)
    .map((version, at) => describeEdit(versions[at] as Version, version))
  const looks = edits.map((edit) => lookBack(edit, { sessions, corrections }))
  const topics = looks.flatMap(({ edit, found }) =>
    found.map(({ matches }) => ({ commit: edit.commit, matches })),
  )
  const ahead = looksAhead(looks)
  const rule = measureRule(sessions, versions)
  keepResults('entire-cli', [
    ...foreseenRows(topics, chanceOf(looks, versions[0] as Version)),
    ...aheadRows(ahead),
    ...rule.flatMap(ruleRows),
  ])
  saveDetails({ edits: looks.map(describeLook), comeTrue: ahead.filter(({ matched }) => matched) })
}

interface Correction {
  readonly timestamp: string
  readonly user_said: string
}

/** Connected lines that an edit added, cut at headings, with the words that they did not take over. */
interface Topic {
  readonly label: string
  readonly words: ReadonlySet<string>
  readonly commands: ReadonlySet<string>
}

interface Edit {
  readonly commit: string
  readonly date: string
  /** Content words of every line that stood there before: what is common in them tells no topic. */
  readonly before: readonly ReadonlySet<string>[]
  readonly topics: readonly Topic[]
}

function describeEdit(before: Version, after: Version): Edit {
  const parts = diffLines(before.content, after.content)
  const topics = parts.flatMap((part, index) => {
    if (!part.added) return []
    const replaced = parts[index - 1]?.removed ? (parts[index - 1]?.value ?? '') : ''
    return cutAtHeadings(part.value).flatMap((text) => toTopic(text, replaced) ?? [])
  })
  return {
    commit: after.commit.slice(0, 8),
    date: at(after.date),
    before: before.content.split('\n').map((line) => contentWords(line)),
    topics,
  }
}

const cutAtHeadings = (text: string): string[] => text.split(/\n(?=#{1,6} )/)

/** Null where fewer than two words are new: such an edit has no topic that anything could share. */
/** The language behind a fence is no word of the text. */
const dropFences = (text: string) => text.replace(/^```.*$/gm, '')

function toTopic(added: string, replaced: string): Topic | null {
  const text = dropFences(added)
  const old = contentWords(replaced)
  const words = new Set([...contentWords(text)].filter((word) => !old.has(word)))
  if (words.size < 2) return null
  const line = text.split('\n').find((one) => /\p{L}/u.test(one)) ?? ''
  const oldCommands = commandsOf(replaced)
  const commands = new Set([...commandsOf(text)].filter((one) => !oldCommands.has(one)))
  return { label: shorten(line), words, commands }
}

/** At most twelve words: results name matches, they do not copy the document. */
const shorten = (text: string) =>
  text
    .replace(/[^\p{L}\p{N} .:/_-]+/gu, ' ')
    .trim()
    .split(/\s+/)
    .slice(0, 12)
    .join(' ')
    .slice(0, 90)

/** Commands that name what they do; `Bash` or `Edit` alone is no topic. */
const commandsOf = (text: string): Set<string> => {
  const lower = text.toLowerCase()
  const written = lower.match(
    /\b(?:mise run [\w:-]{2,30}|go (?:test|vet|fmt|build|mod)|git [a-z][a-z-]{2,20}|gh [a-z]{2,12} [a-z]{2,12})/g,
  )
  // Mise names the task that failed, not the command that ran it.
  const failed = [...lower.matchAll(/\[([\w:-]{2,30})\] error task failed/g)]
  return new Set([...(written ?? []), ...failed.map(([, task]) => `mise run ${task}`)])
}

/** Something that was known when the edit was made. */
interface Known {
  readonly key: string
  readonly label: string
  readonly from: 'finding' | 'correction'
  readonly words: ReadonlySet<string>
  readonly commands: ReadonlySet<string>
}

interface Match {
  readonly known: Known
  readonly shared: readonly string[]
}

interface Look {
  readonly edit: Edit
  readonly sessions: number
  readonly known: readonly Known[]
  readonly found: readonly { readonly topic: Topic; readonly matches: readonly Match[] }[]
}

/** Only sessions that had ended, outcomes that were known and words that were said before the edit. */
function lookBack(
  edit: Edit,
  given: { sessions: readonly Session[]; corrections: readonly Correction[] },
): Look {
  const past = given.sessions.filter(({ endedAt }) => endedAt < edit.date)
  const cases = past.map(({ one, decidedAt }) =>
    decidedAt !== null && decidedAt <= edit.date ? one : { ...one, success: null, value: null },
  )
  const known = [
    ...mine(cases, { documents: [], hash }).findings.map(fromFinding),
    ...given.corrections.filter(({ timestamp }) => timestamp < edit.date).map(fromCorrection),
  ]
  const found = edit.topics.map((topic) => ({
    topic,
    matches: known.flatMap((one) => match(topic, one, edit) ?? []),
  }))
  return { edit, sessions: past.length, known, found }
}

function fromFinding({ key, title, detail, evidence }: Finding): Known {
  const told = Object.values(detail).filter((value) => typeof value === 'string')
  const text = [title, ...told, ...evidence.map((one) => one.text)].join('\n')
  return {
    key,
    label: shorten(title),
    from: 'finding',
    // The sentence of a kind is ours and the same for all of them.
    words: new Set([...contentWords(text)].filter((word) => !ourWords.has(word))),
    commands: commandsOf(text),
  }
}

const ourWords = contentWords(
  'keeps failing with tool use error looks at the same thing again gets the same answer users refuse or correct calls of what the agent said did keeps rejecting sessions produce calls fail succeed bash edit write read grep glob webfetch task exitplanmode',
)

const fromCorrection = ({ user_said, timestamp }: Correction): Known => ({
  key: `said:${timestamp}`,
  // Whose words they are stays out of the results.
  label: `words of a user, ${timestamp.slice(0, 10)}`,
  from: 'correction',
  words: contentWords(user_said),
  commands: commandsOf(user_said),
})

const neededWords = 2
/** A word in more than one line of fifty of the old document is what the whole project is about. */
const rareUpTo = 0.02

function match(topic: Topic, known: Known, { before }: Edit): Match | null {
  const commands = [...topic.commands].filter((one) => known.commands.has(one))
  const words = [...topic.words].filter(
    (word) => word.length > 2 && known.words.has(word) && isRare(word, before),
  )
  if (commands.length === 0 && words.length < neededWords) return null
  return { known, shared: [...commands, ...words].toSorted().slice(0, 12) }
}

const isRare = (word: string, lines: readonly ReadonlySet<string>[]) =>
  lines.filter((line) => line.has(word)).length <= rareUpTo * lines.length

/** Matches that were read and name the same wish; all other ones of these edits share words by accident. */
const readAsSame = new Set([
  'b7ad1da4 error_recovery:Bash:8410f809bc65',
  'b7ad1da4 error_recovery:Bash:5bafc6a6483f',
])

const share = (k: number, n: number) => ({ value: n === 0 ? 0 : k / n, n, ...wilson(k, n) })

/** How often a section that stood there from the start would have been "foreseen" by the same rule. */
function chanceOf(looks: readonly Look[], first: Version) {
  const texts = cutAtHeadings(first.content)
  const sections = texts.flatMap((text) => {
    const topic = toTopic(text, '')
    const others = texts.filter((other) => other !== text).flatMap((other) => other.split('\n'))
    return topic ? [{ topic, before: others.map((line) => contentWords(line)) }] : []
  })
  const tried = looks
    .filter(({ found }) => found.length > 0)
    .flatMap(({ known, edit }) =>
      sections.map(({ topic, before }) =>
        known.some((one) => match(topic, one, { ...edit, before })),
      ),
    )
  return { k: tried.filter(Boolean).length, n: tried.length }
}

interface Foreseen {
  readonly commit: string
  readonly matches: readonly Match[]
}

function foreseenRows(topics: readonly Foreseen[], chance: { k: number; n: number }): Row[] {
  const by = (from: readonly Known['from'][]) =>
    topics.filter(({ matches }) => matches.some(({ known }) => from.includes(known.from))).length
  const n = topics.length
  const either = by(['finding', 'correction'])
  const same = topics.filter(({ commit, matches }) =>
    matches.some(({ known }) => readAsSame.has(`${commit} ${known.key}`)),
  ).length
  const expected = `over ${Math.round((100 * chance.k) / chance.n)} %, the share of sections of the first version that match the same way`
  return [
    { metric: 'topics that people added', value: n, goal: null, reached: null },
    {
      metric: 'foreseen by a finding or a user’s words',
      ...share(either, n),
      goal: expected,
      reached: wilson(either, n).low > chance.k / chance.n,
      note: `${either} of ${n}`,
    },
    {
      metric: 'foreseen by a finding',
      ...share(by(['finding']), n),
      goal: null,
      reached: null,
      note: `${by(['finding'])} of ${n}`,
    },
    {
      metric: 'foreseen by a user’s words',
      ...share(by(['correction']), n),
      goal: null,
      reached: null,
      note: `${by(['correction'])} of ${n}`,
    },
    {
      metric: 'foreseen, and the same wish when both are read',
      ...share(same, n),
      goal: null,
      reached: null,
      note: `${same} of ${n}; shared words alone say little`,
    },
  ]
}

interface Ahead {
  readonly key: string
  readonly label: string
  /** Of how many edits it was known beforehand. */
  readonly edits: number
  readonly matched: string | null
  readonly shared: readonly string[]
}

/** Every finding once: did any edit after it was first known take up its topic? */
function looksAhead(looks: readonly Look[]): Ahead[] {
  const sightings = looks.flatMap((look) =>
    look.known.filter(({ from }) => from === 'finding').map((known) => ({ known, look })),
  )
  return [...Map.groupBy(sightings, ({ known }) => known.key)].toSorted().map(([key, seen]) => {
    const hits = seen.flatMap(({ look }) =>
      look.found.flatMap(({ topic, matches }) =>
        matches
          .filter(({ known }) => known.key === key)
          .map(({ shared }) => ({ what: `${look.edit.commit} ${topic.label}`, shared })),
      ),
    )
    return {
      key,
      label: seen[0]?.known.label ?? '',
      edits: seen.filter(({ look }) => look.found.length > 0).length,
      matched: hits[0]?.what ?? null,
      shared: hits[0]?.shared ?? [],
    }
  })
}

function aheadRows(ahead: readonly Ahead[]): Row[] {
  const k = ahead.filter(({ matched }) => matched !== null).length
  const same = ahead.filter(({ key }) =>
    [...readAsSame].some((pair) => pair.endsWith(` ${key}`)),
  ).length
  return [
    {
      metric: 'findings that a later edit took up',
      ...share(k, ahead.length),
      goal: null,
      reached: null,
      note: `${k} of ${ahead.length} different findings`,
    },
    {
      metric: 'findings that a later edit took up, the same wish when both are read',
      ...share(same, ahead.length),
      goal: null,
      reached: null,
      note: `${same} of ${ahead.length} different findings`,
    },
  ]
}

const describeLook = ({ edit, sessions, known, found }: Look) => ({
  commit: edit.commit,
  date: edit.date,
  sessionsBefore: sessions,
  findingsBefore: known.filter(({ from }) => from === 'finding').length,
  topics: found.map(({ topic, matches }) => ({
    topic: topic.label,
    foreseenBy: matches.map(({ known: { label, from }, shared }) => ({
      from,
      what: label,
      shared,
    })),
  })),
})

function saveDetails(details: object): void {
  mkdirSync('bench/results', { recursive: true })
  writeFileSync('bench/results/entire-cli-matches.json', `${JSON.stringify(details, null, 2)}\n`)
}
