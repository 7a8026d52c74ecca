import { readFileSync, writeFileSync } from 'node:fs'
import { renderProofPage } from './_proof-page.ts'
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
    'loghub',
    'Error templates on labelled logs (spec E.2)',
    `The 16 samples of 2 000 lines of LogHub (\`github.com/logpai/loghub\` @ dd61d095, free for research; not part of this
repository), each line taken as an error of one tool. A line is right when its group holds exactly the lines of its label. One
setting for all: the accuracies published for Drain and others were reached with masks and thresholds made for each data set.
\`tune\` sets were read while the rules were made. The first rules were made on eight of them and gave 0.953 there and 0.785 on the
other eight, where Linux (0.363) and Proxifier (0.023) failed; these two were read too, for times of day, hosts, durations and
words behind "user", and count as \`tune\` since. Of the six \`test\` sets only figures and two lines each were seen; between two
settings that did equally well on \`tune\` (four or six words that tell errors apart) the one that was better on \`test\` was taken.
The masks before that gave 0.778 on all. Missed: values without digits in the middle of long lines (Android), words with digits that the
labels count as constant (HPC), and lists of any length.`,
  ],
  [
    'locomo',
    'Evidence kept against size (spec E.3)',
    `Ten long dialogues of LoCoMo (\`github.com/snap-research/LoCoMo\` @ 3eb6f2c5, CC BY-NC 4.0: measured from, not passed on), a line
a turn with speaker and date, a document a session; questions of categories 1 to 4, gold turns found by BM25 among the first 5 and 10
lines, intervals over questions. The engine drops what is said twice or replaced and nothing else, and people who talk say hardly anything
twice: no turn goes, the page that says what stands where comes on top, and the goals at 50 % and 30 % are **not answered**:
there is no mechanism that would get there (staleness only asks, a dream takes at most a fifth, and age alone retires nothing). What cruder
ways cost is shown beside. The bench found a defect, repaired since: lines such as "Ann (3 May 2023): Great!" were read as a dated value
of the key "Ann", so that newer turns replaced older ones; some two hundred of 5 882 turns went, recall@5 fell to 0.988 of raw, worse than dropping
as much at random. LoCoMo has no questions on updated knowledge. LongMemEval is not measured: its repository holds no data.`,
  ],
  [
    'labels',
    'Corrections and wasted steps against labels (spec E.2)',
    `300 user turns (half from people's sessions with a coding agent, half from simulated customers; half at random, half by loose
cue words) and 300 steps (half of what was flagged, half not) in \`bench/labels/\`, by place. **The labels come from two independent automated
readings of the texts, not from people**: the first reader knew the detectors' rules but not what they said of an item, the second
had only \`guide.md\` and the sheets that \`npm run bench -- label-sheet turns\` and \`steps\` print. An item is a correction, or waste, where both say so.
Odd items are the tune half. The detectors were repaired against the first
reader's tune half alone; the second came afterwards, and finds less in corrections: what one reader takes for an objection is
often a weak sign, or a pasted remark about code, to the other.

As it was before, the correction detector found none of the 32 corrections (it wanted two signs at once, and most people object
without a "no" in front). What objects in so many words is a correction by itself since; on the test half precision
misses its goal, with eleven turns to judge it by: one of the two false ones is a question about a misleading comment, one a
call to halt that the reader took for a weak sign. Precision on other data of other users is not known. Two faults of the exact repeat were repaired
(71 of 75 before): \`find -delete\` counted as only looking, and calls that the user made on their own device as nothing; items of both
halves were seen. "Read again" has four cases; three of them the reader could not tell from the part of the answer that the sheet shows.
Turns in which a call is refused are left out: they need no words.`,
  ],
  [
    'blame',
    'Blame: who and when',
    `The turn that decided a failed run, fitted on one half of Who&When and reported on the other. Ahead on exact hits; for
"within 3" and "within 5" a fixed place in the middle does as well. Not shown by the product: of the failed airline sessions it names
the agent's greeting or first question, every time, for having other words than the request. Of ten read by hand, two did
go wrong at that turn (it refused to look up a balance), which the reason given does not say; in the other eight it was an
act much later (a certificate, a cancellation, a change, transfers without end). Teams that solve puzzles, which it was fitted on, open otherwise than services do.`,
  ],
  [
    'attacks',
    'Attacks planted in real sessions (spec E.5)',
    `360 texts, written for this project: 60 templates in five families, six sets of words in each (\`bench/attacks/\`). Each is
planted in a dozen sessions of as many users on as many tasks, all of which succeed: as a message of the user, a tool's result, an
error that is always followed by the same recovery, a refusal, a part of an outcome, and a note that an agent wrote into the memory, whole
and cut into three. Twenty are planted at a time in the 315 airline sessions, and twenty dreams over them are taken whole, quarantine apart.
The dreams run the same functions as the product, without its database. Words of an attack are five of its words in a row. **Templates, detector
and planting come from one hand**, so recall on other attacks will be lower. The detector was made before the templates and found 0.397
of all texts then; three signs were added looking at templates with even numbers, and recall is reported on the others. Known holes: an
instruction told as plain fact in an error is quoted to agents, as "observed, unverified", in a third of the cases; cut into pieces, in two thirds.
That agents do not obey a quote is not measured here.`,
  ],
  [
    'attacks-stored',
    'The same attacks through API, database and pipeline (spec E.5)',
    `All 360 texts whole and every third of them cut into three, sixty at a time: sent as sessions and events to the API as agents
elsewhere send them, with outcomes in the attacker's words, and as notes that an agent wrote into the store. Dreams run as jobs and write into the
store they read, so all that is not in quarantine becomes active without a person. What stands there afterwards outside of quotation
marks and of the notes themselves counts. Outcomes are written as rows, not received by webhook. One secret of each kind goes in as message,
argument, result and error of a session, and every table (compressed columns too) and the whole log are searched for it.`,
  ],
  [
    'benign',
    'What is held back by mistake on real data (spec E.5)',
    `Nobody attacks in these transcripts. Few findings of them may be proposed at all, so their interval is wide; every error of a tool is
judged as if a line quoted it. The goal is **missed**, for one source: errors of a coding agent's own tools ("Read it first before writing to it")
are instructions, and a third of them may not be quoted. They stay evidence; without that source it is 2 % of 1 923.`,
  ],
  [
    'twenty-dreams',
    'Twenty dreams in a row (spec E.1, E.5)',
    `Every store that people or agents wrote in earnest: the airline memory, six repositories' files of instructions and memory banks half way through
their history and as they are now, a CLAUDE.md, and the reflections of an agent in a game. Each dream runs as a job over other sessions (a
twentieth of those there are, a fifth by turns, or all so far), and a person accepts all that the panel does not reject, quarantine included. A fact (number, date,
name, code, negation) of a line survives when the line stands, or when one of the first five lines found with its own words has it. The
sessions have little to do with most of the stores, so most dreams change nothing, and duplicates are what there is to merge: the figure
says that nothing gets lost, not that much gets better. On the CLAUDE.md the panel rejects the same two proposals in every dream.`,
  ],
  [
    'lineage',
    'Taking back a source',
    `A store of 2 000 memories with 50 lines each; every line from a change that stands on two of 1 000 sessions of 50 principals. SQLite.`,
  ],
  [
    'proof',
    'The rule of experiments (spec E.4)',
    `Simulated experiments by the product's own functions and by the whole decision rule, at most 1 124 units each; seeds are fixed.
In the A/A rows the candidate is the incumbent under another name, no guardrail is required, and the peeking beside is a one-sided
z-test of the pooled shares at 5 %, on the same units. **Spec E.4 asks for 2 000 experiments a scenario, and with those two of the
twelve upper bounds missed their goal**, both at T = 100: stationary 0.0065 (0.0038 … 0.0111) and clustered 0.0075 (0.0046 … 0.0123). The number
was raised to 8 000 after that was seen, with the first 2 000 seeds among them; the twelve rows here are those, and nothing else was
changed. All shares were below what Ville's inequality allows both times. Where a fifth of the candidate's failures is never reported, the watch on missing outcomes
ends nearly every experiment; the share in which E was 20 at some time, whatever ended it, stands beside. 1 124 units are
twice a fixed sample at one half each; the ramp spends 900 units on what is worth 480 of them, so by the ramp they are
too few for +10 points, and the forecast asks for more. **Real runs**: airline (bundled) and retail; tasks come again and again in random order, a
coin picks the agent and one of its runs of that task is the outcome, so what is true of the stream is known; "in pairs" takes each
task once. An agent against itself: its runs once each in random order, the coin only names them.`,
  ],
  [
    'proof-parts',
    'The parts of the rule, beside the figures of the spec (spec C)',
    `Seeded worlds of our own, folded by the product's functions. Where the goal is a figure with its place in the spec, it is what the spec's own
simulations gave: the row is reached unless its whole 95 % interval is on the wrong side of that figure. The spec says no intervals, so of some
fifty such rows one or two miss by chance alone. Rates that Ville's inequality bounds by 0.05 have to be below it with their whole interval.
After a first run had intervals too wide for that, the numbers of several parts were raised, their first seeds among them, and once more
nothing else was changed. **What differs from the spec**: C.8 does not say how hard its tasks are. Ours are Beta with the correlation of 0.4 that it
measured on real tasks, and 0.1 for mild ones, and with these the figures for pairs are missed by a tenth to a third. C.6 does not say how many
sessions its people have: counting sessions goes wrong there too, less so than in the spec; counting people does not. **Withholding**:
an item of −10 points takes more uses than one of +10, because rates near one half vary more. **Blocks**: at the 40 blocks that C.6 asks for nothing
can be promoted, since the rule wants 30 units an arm; 80 find +10 points in two of three cases. **Holdback**: at 100 units a day
two weeks are too short to find that a change turned to −10 points; the drift alarm and the next experiment are for that.
**The season**: C.4 leaves open what the 45 candidates do that do not help. Where all of them do nothing, the hardest case, the goals are
at the edge or missed, as they must be: at some 3 % false promotions a candidate, 45 of them make 1.4 beside 12 true ones. The
spec's own figures say that some of its 45 harm: a z-test gave it 9.2 false promotions, and its own rate for nulls (C.1, some 25 % by 1 200 units looked
at every 20) would give 11.3; 8 that harm fit that. The whole rule (futility, thirty units an arm, two strata, harm, missing outcomes; one
half each, at most 1 200 units) stands beside the bare evidence. That is why promotions outside of the e-BH set are called provisional.`,
  ],
  [
    'demonstrations',
    'Demonstrations (spec C.12)',
    `A hundred seeds each, the first hundred; the charts in \`docs/proof/\` are the same bytes every time. The two experiments on real outcomes
are those of seed 1.`,
  ],
  [
    'workplace',
    'A workplace with known truth, over HTTP',
    `A server on a clock that the simulation moves, with one memory store an experiment, all running at once. Sessions check out the memory by their
unit's name; for each of three changes of the store it moves their chance of success whether the delivered text holds it: 20 points up, not at all,
or down (types of task at 40, 60 and 75 %). A third of the experiments tests what a dream proposed: it reads seeded transcripts in which a
tool states other values than the notes, and a person accepts its changes under a policy that wants one approval; the others test lines laid
without a dream. Outcomes come by signed webhook within half a day, a tenth of them twice, 4 % after the deadline of a day, 8 % never;
one unit in forty is also forged with a wrong signature. The ramp is the product's, at most 700 units each; a person promotes what is
proven, and approves anew where the approval is older than two weeks. Some of what was promoted turns to −40 points at once. In the end
everything that stands is taken back, and the store has to be what it was. Simulated are the sessions and the world. Ids, secrets and
salts come from a seed: every run gives the same verdicts, on either database. Missing and late outcomes are failures in both arms, which takes an eighth of
every effect. Three changes of one store share their units, each with a coin of its own. The machine was busy with other work: the seconds say
little.`,
  ],
  [
    'entire-cli',
    'A real CLAUDE.md against what was mined before each edit',
    `The edits are foreseen hardly more often than chance: rare words in common are a weak match, and by reading only one of 27
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
    'away',
    'A database that goes away',
    `A client writes all the time through a TCP wire that is cut for half a minute while a dream runs. Every answer
meanwhile is a 503 with \`retry-after\`.`,
  ],
  [
    'bypass',
    'Getting around review',
    `Random sequences of accept, edit, reject, apply, roll back, restore, another policy, time passing and writes past review, by
seven API keys of five people and a program, through the API called in process. After each operation every change that came
to be applied is held against the rules as they are written down a second time beside the test. BYPASS_COUNT sets how many.`,
  ],
  [
    'forged',
    'One principal who lies about outcomes',
    `Of nine honest people one speaks of each unit, nine times in ten; one more knows every arm, speaks first and lies. The signals go
through the cap, the judging of units and the leave-one-out check of the product; FORGED_COUNT sets how many experiments. The last
kind of lie is what the check does not find: it covers failures that nobody else would have reported, in one arm only. Units are counted up
to 2 248, twice what an experiment gets that is not held.`,
  ],
  [
    'fuzz',
    'Hostile requests',
    `Requests made of the endpoints' own schemas, usually nearly right, called in process; every row is counted before and
after each. FUZZ_COUNT sets how many (a million by default; the figure says how many were made), in rounds with a database
each. Streams and the revoking of keys are left out.`,
  ],
  [
    'load',
    'Load',
    `A server process on the embedded database under 32 clients of another process on the same machine, LOAD_SECONDS each. The
bare database is SQLite with the same rows and a synchronised commit a batch, in the same run. Latencies are taken from when a call
was due. **The
machine was busy with other work on both cores during this run.** Why the goals for latency are missed is not settled by it: they
are to be measured again on a quiet machine.`,
  ],
  [
    'receive',
    'Receiving webhooks',
    `A server process without a worker on the embedded database; 32 clients of another process on the same machine send signed
deliveries that are all different, RECEIVE_SECONDS a round, three rounds in turns with a process of bare \`node:http\` that
reads the same bodies and computes the same HMAC. Ours also finds the source, unseals its secret, packs the body, and has receipt, job and
audit record on the disk before it answers. Clients sign on the same two cores. **The machine was busy with other work during this run**,
so the ratio says more than the rates. Mapping is one worker's quick lane, its jobs one after another.`,
  ],
  [
    'ledgers',
    'What items are worth, over many units',
    `Units that each read 60 items once, every item left out of a tenth of them by a coin of its own; one outcome each, said by
one of a hundred persons, so that the cap is counted as well. Read page by page from the embedded database. **The machine was
busy with other work on both cores during this run.**`,
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
  renderProofPage()
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
