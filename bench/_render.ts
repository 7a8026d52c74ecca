import { readFileSync, writeFileSync } from 'node:fs'
import type { Row } from './_results.ts'

/** What a reader has to know beside the rows; a bench without an entry is not rendered. */
const chapters: readonly (readonly [name: string, title: string, text: string])[] = [
  [
    'planted',
    'Planted truth: reconciliation (spec E.1)',
    `Stores of 2 000 lines from 20 seeds and 5 domains; facts with lineage, paraphrases, changes told as dated
lines and as prose, near misses, conflicts, special cases, noise. \`tune\` wordings were looked at while the rules were
made, \`test\` wordings were not (they stand in the same file, by the same hand). Two defects were repaired after a look at
the \`test\` figures: dates in "(from DATE)" had been lost by a later change, and prepositions ("above") were counted among
what a line speaks of. The question for stale answers was reworded once, too: asked in the old line's own words, search finds
the old line whatever else the store holds. Merging is word for word since equal stems were seen to lose facts (next chapter);
it costs recall on \`tune\`, where "clients" stand for "customers". Changes told with another noun are followed by the roots
of words. Missed: stale answers on \`test\`. They are of lines with more words of their own than the subject that a noun leaves
out ("bills need a second signature" for "the signature threshold"): "second" may make it another fact, so both lines stay and
are flagged; the row below counts those that not even a flag stands against. Of the wrong merges most are two lines that came
to say the same by chance of the generator.`,
  ],
  [
    'wordings',
    'Near misses and other wordings',
    `Two lines alone in a store. Near misses differ in one thing that matters, so whatever is dropped is a lost fact. 102 of the
145 were written before the word-for-word check, the last three kinds (43) against it, while it was read; both were then used
until none was lost, so the zero says what is pinned, not what is left to find. Before the check, when equal stems were merged, 50
of the 102 (0.49, 95 % 0.395 … 0.586) and 34 of the 43 lost a line. Frames word one fact in several styles and tell of changes. Rules
were made looking at the half named \`tune\`; the half named \`report\` was read by the same hand, but measured once, at the end.
Paraphrases are hardly merged and other wordings of a conflict seldom seen: without a language model a word that is not known to
mean the same counts as another. "A change told of something else" happens to have the same former value: no line may go for it.
Before, 0.18 of the changes of \`tune\` and 0.11 of \`report\` were followed (0.25 and 0.21 with flags), and one line of 32
was lost to a change of something else.`,
  ],
  [
    'memory-histories',
    'Real memory histories',
    `What is proposed on version *t* against what people did until *t + k*. The five AGENTS.md and CLAUDE.md files hold
almost no duplicates, and almost none are proposed. The Japanese memory bank holds hundreds, inside one folder, of which
its people cut few: read by hand, 40 of 40 proposals shown first say the same twice, and the low share is what people did,
not what was wrong.`,
  ],
  [
    'noise',
    'Noise',
    `Outcomes dealt out anew inside tasks, whole tasks' outcomes exchanged, coins, and a marker call that does nothing in a
random half. Every graded finding is false there. Goals of spec E.2.`,
  ],
  [
    'injected',
    'Injected effects',
    `20 task types, 6 calls that shift success by 15 points, 30 that only go with the type, 24 that do nothing
(INJECTED_SEEDS sets how many seeds, 100 if not; three times as many at 1 000 sessions, where the goal stands). With 20 seeds the
share that is not planted was 0.106 there, between 0.064 and 0.170, which decided nothing; with 300 the false discovery rate is kept (0.076, at most 0.087), while the share pooled over all findings, 0.088, still has
0.10 just inside its interval. Nine in ten calls have no effect, so 9 % is what the procedure
allows. p-values of calls without effect were checked to be no smaller than they should be (3.7 % below 0.05, 1.3 % below 0.01,
600 calls).`,
  ],
  [
    'replication',
    'Replication',
    `Found on one half of the tasks, looked at again on the other. Airline misses: it has 30 tasks, halves are of 15, and
the effects differ from task to task (calling \`cancel_reservation\` is worse on 10 of 15 tasks and better on 3); two halves
of a fixed whole also pull in opposite directions. Tried: a test that takes tasks as a sample (kept, as a condition), shrinking
by the spread between tasks (kept; it halves what was promised too much). The share of the same sign is what remains.`,
  ],
  [
    'blame',
    'Blame: who and when',
    `The turn that decided a failed run, fitted on one half of Who&When and reported on the other. Ahead on exact hits; for
"within 3" and "within 5" a fixed place in the middle does as well.`,
  ],
  [
    'entire-cli',
    'A real CLAUDE.md against what was mined before each edit',
    `The edits are foreseen no more often than chance: rare words in common are a weak match, and by reading only one of 27
topics was truly foreseen. Whether the lint rule helped: no improvement may be claimed.`,
  ],
  [
    'peers',
    'Rivals in the same run',
    `200 planted pairs of each label, half of them from the wordings our rules were made on; OpenClaw gets 30 of each because
it looks at few candidates. Our four rows on pairs were measured again, on the same pairs, when merging became word for word. Rivals run with vectors from a hashing bag of words and without a model, so nothing here says how
they do with one. mem0 is made for adding what a model extracts, not for merging: it keeps everything. OpenClaw merges what
shares nine words in ten. mnemosy-ai's error detector was given the same lines as ours, its merge and contradiction functions a loopback
store. agentmemory's functions need its own engine process and were not run; its published rule was. Rules that score notes
for keeping (OpenClaw deep score, cass, ACE counters, exponential averages) have no counterpart in these tests.`,
  ],
  [
    'scale',
    'Growth',
    `Random calls over eight tools: the worst case for sequences, which reach their limit. The second dream reads the traces
of all sessions again and mines them anew: its share is mining, not digesting.`,
  ],
]

const markers = ['<!-- results:begin -->', '<!-- results:end -->'] as const

/** Writes the rows of `bench/results/` into RESULTS.md, between its markers. */
export function renderResults(): void {
  const path = 'bench/RESULTS.md'
  const text = readFileSync(path, 'utf8')
  const [before, rest] = text.split(markers[0])
  const after = rest?.split(markers[1])[1]
  if (before === undefined || after === undefined) throw new Error(`${path} has no markers`)
  const body = chapters.map(([name, title, note]) => renderChapter(name, title, note)).join('\n')
  writeFileSync(path, `${before}${markers[0]}\n\n${body}\n${markers[1]}${after}`)
}

function renderChapter(name: string, title: string, note: string): string {
  const { machine, rows }: { machine: string; rows: Row[] } = JSON.parse(
    readFileSync(`bench/results/${name}.json`, 'utf8'),
  )
  const lines = rows.map((row) => {
    const interval = row.low === undefined ? '' : `${row.low} … ${row.high}`
    const reached = row.reached === null ? '' : row.reached ? 'yes' : '**no**'
    const cells = [
      row.metric,
      row.value,
      interval,
      row.n ?? '',
      row.goal ?? '',
      reached,
      row.note ?? '',
    ]
    return `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`
  })
  return [
    `## ${title}`,
    '',
    `\`npm run bench -- ${name === 'memory-histories' ? 'histories' : name}\` · ${machine}`,
    '',
    note,
    '',
    '| metric | value | 95 % | n | goal | reached | note |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...lines,
    '',
  ].join('\n')
}
