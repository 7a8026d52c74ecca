import { diffWordsWithSpace, structuredPatch } from 'diff'

/** Two texts compared, as data: whoever shows it decides how. Offsets are UTF-16 units of the line's text. */
export interface TextDiff {
  readonly added: number
  readonly removed: number
  /** False: the texts differ too much to look for the smallest difference; one stands for the other. */
  readonly exact: boolean
  readonly hunks: readonly Hunk[]
}

interface Hunk {
  /** First line, from 1, and number of lines on either side. */
  readonly oldStart: number
  readonly oldLines: number
  readonly newStart: number
  readonly newLines: number
  readonly lines: readonly Line[]
}

export interface Line {
  readonly type: 'context' | 'removed' | 'added'
  readonly oldLine: number | null
  readonly newLine: number | null
  readonly text: string
  /** Whether a line feed ends it; only the last line of a text may have none. */
  readonly ended: boolean
  /** The words that differ from the line this one takes the place of; null where it takes the place of none. */
  readonly spans: readonly Span[] | null
}

export interface Span {
  readonly start: number
  readonly end: number
}

/** Work grows with the square of the edits looked for; these keep the worst pair of memories under a second. */
const mostLineEdits = 1_000
const mostWordEdits = 100
/** Pairs of lines of one hunk whose words are compared. */
const mostPairs = 500
/** Longer lines are shown as a whole. */
const longestLine = 4_000

/** `context` lines around each difference; Infinity keeps all of both texts. */
export function diffTexts(before: string, after: string, context = 3): TextDiff {
  const patch = structuredPatch('', '', before, after, '', '', {
    context,
    maxEditLength: mostLineEdits,
  })
  const hunks = patch
    ? patch.hunks.map((hunk) => toHunk(hunk.oldStart, hunk.newStart, readLines(hunk.lines)))
    : [toHunk(1, 1, replaceAll(before, after))]
  const lines = hunks.flatMap((hunk) => hunk.lines)
  return {
    added: lines.filter(({ type }) => type === 'added').length,
    removed: lines.filter(({ type }) => type === 'removed').length,
    exact: patch !== undefined,
    hunks,
  }
}

type Plain = Pick<Line, 'type' | 'text' | 'ended'>

const typeOf = { ' ': 'context', '-': 'removed', '+': 'added' } as const

/** The package marks a missing last line feed by a line of its own, which is folded into the one before. */
function readLines(lines: readonly string[]): Plain[] {
  return lines.flatMap((line, index) => {
    const type = typeOf[line[0] as keyof typeof typeOf]
    if (!type) return []
    return [{ type, text: line.slice(1), ended: !(lines[index + 1] ?? '').startsWith('\\') }]
  })
}

function replaceAll(before: string, after: string): Plain[] {
  return [...cut(before, 'removed'), ...cut(after, 'added')]
}

function cut(text: string, type: Plain['type']): Plain[] {
  const parts = text.split('\n')
  const rest = parts.pop() as string
  const lines = parts.map((part) => ({ type, text: part, ended: true }))
  return rest === '' ? lines : [...lines, { type, text: rest, ended: false }]
}

function toHunk(oldStart: number, newStart: number, plain: readonly Plain[]): Hunk {
  let [oldLine, newLine] = [oldStart, newStart]
  const spans = pairSpans(plain)
  const lines = plain.map((line, index): Line => {
    const numbered = {
      oldLine: line.type === 'added' ? null : oldLine,
      newLine: line.type === 'removed' ? null : newLine,
    }
    if (line.type !== 'added') oldLine += 1
    if (line.type !== 'removed') newLine += 1
    return {
      type: line.type,
      ...numbered,
      text: line.text,
      ended: line.ended,
      spans: spans[index] ?? null,
    }
  })
  return { oldStart, newStart, oldLines: oldLine - oldStart, newLines: newLine - newStart, lines }
}

/** The n-th line removed in a run is compared with the n-th added right behind it. */
function pairSpans(lines: readonly Plain[]): (readonly Span[] | null)[] {
  const spans: (readonly Span[] | null)[] = lines.map(() => null)
  let left = mostPairs
  for (let at = 0; at < lines.length; ) {
    const removed = countRun(lines, at, 'removed')
    const added = countRun(lines, at + removed, 'added')
    for (let pair = 0; pair < Math.min(removed, added, left); pair += 1) {
      const [from, to] = [at + pair, at + removed + pair]
      const found = compareWords(lines[from]?.text ?? '', lines[to]?.text ?? '')
      spans[from] = found?.removed ?? null
      spans[to] = found?.added ?? null
    }
    left -= Math.min(removed, added, left)
    at += Math.max(1, removed + added)
  }
  return spans
}

function countRun(lines: readonly Plain[], from: number, type: Plain['type']): number {
  let count = 0
  while (lines[from + count]?.type === type) count += 1
  return count
}

function compareWords(before: string, after: string) {
  if (before.length > longestLine || after.length > longestLine) return null
  const parts = diffWordsWithSpace(before, after, { maxEditLength: mostWordEdits })
  if (!parts) return null
  const [removed, added]: [Span[], Span[]] = [[], []]
  let [oldAt, newAt] = [0, 0]
  for (const { value, added: isNew, removed: isOld } of parts) {
    if (isOld) removed.push({ start: oldAt, end: oldAt + value.length })
    if (isNew) added.push({ start: newAt, end: newAt + value.length })
    if (!isNew) oldAt += value.length
    if (!isOld) newAt += value.length
  }
  return { removed, added }
}
