import { makeId } from '../../core/ids.ts'
import { quoteFindings } from '../../core/mining/cite.ts'
import type { CitedFinding } from '../../core/mining/finding.ts'
import { digesterVersion } from '../../core/transcript/digester.ts'
import { listPackedTraces, type StoredTraces } from '../../storage/digests.ts'
import { listDreamMemories } from '../../storage/dream-memories.ts'
import { listDreamSessions } from '../../storage/dream-sessions.ts'
import { updateDream } from '../../storage/dreams.ts'
import { insertFindings } from '../../storage/findings.ts'
import { listOutcomeSignals } from '../../storage/outcome-signals.ts'
import { countOf, narrate } from '../dream-session.ts'
import { listPermittedInputs } from '../policies/inputs.ts'
import { findVouched, keyOf, readQuotes } from '../quotes.ts'
import type { Mined } from '../reports.ts'
import { beat, finish, type StepWork, think } from '../step.ts'
import type { MiningTask } from '../thinking.ts'

/** Turns digests and outcomes into findings. A quote that does not resolve byte for byte is not stored. */
export async function mineFindings(work: StepWork): Promise<void> {
  const { context, dream, onProgress } = work
  await beat(work)
  const { task, leftOut } = await readTask(work)
  const progress = { stage: 'mine', total: countTraces(task.traces), unit: 'sessions' }
  onProgress({ ...progress, done: 0 })
  const { report, read } = await think(work, (signal) => context.thinking.mine(task, signal))
  await beat(work)
  const { findings, unresolved } = await quote(work, report.findings)
  onProgress({ ...progress, done: progress.total })
  const mined: Mined = {
    read,
    families: report.families,
    paths: report.paths,
    comparedBy: report.comparedBy,
    silences: [...report.silences, ...unresolved, ...leftOut],
  }
  await finish(work, async (writer) => {
    const rows = findings.map((finding) => ({
      id: makeId('fnd', context.hash, [dream.id, finding.key]),
      finding,
    }))
    await insertFindings(writer, dream.id, rows)
    await updateDream(writer, dream.id, { mined })
    await writer.audit({
      action: 'dream.mined',
      objectType: 'dream',
      objectId: dream.id,
      afterHash: context.hash(JSON.stringify(findings)),
    })
    const answer = findings.map(({ grade, title }) => `${grade}  ${title}`)
    await narrate(writer, dream, [
      {
        use: 'mine_patterns',
        input: { sessions: read.sessions, steps: read.steps, tasks: read.tasks },
        answer: [countOf(findings.length, 'finding'), ...answer].join('\n'),
      },
      { say: 'Next: the memories are reconciled.' },
    ])
  })
}

/** What the sessions came to is what is known now, not when the dream began. */
async function readTask({ context, dream, onProgress }: StepWork): Promise<{
  readonly task: MiningTask
  readonly leftOut: readonly string[]
}> {
  return context.database.read(async (reader) => {
    const { sessions, refuse, leftOut } = await listPermittedInputs(reader, dream)
    const all = await listOutcomeSignals(
      reader,
      sessions.map((session) => session.sessionId),
    )
    const refused = all.map(refuse)
    const signals = all.filter((_, index) => refused[index]?.length === 0)
    const rules = [...new Set(refused.flat())].sort()
    const unread = all.length - signals.length
    const unheard =
      unread === 0
        ? []
        : [`${countOf(unread, 'outcome signal')} left out by policy (${rules.join(', ')}).`]
    const traces: StoredTraces[] = []
    let done = 0
    for await (const packed of listPackedTraces(reader, { sessions, digesterVersion })) {
      traces.push(packed)
      done += packed.places.length
      onProgress({ stage: 'read', done, total: sessions.length, unit: 'sessions' })
    }
    const documents = await listDreamMemories(reader, dream.id)
    return { task: { traces, signals, documents }, leftOut: [...leftOut, ...unheard] }
  })
}

const countTraces = (traces: readonly StoredTraces[]) =>
  traces.reduce((sum, { places }) => sum + places.length, 0)

/** Looks up what the findings cite. What does not stand in its transcript is left out and counted. */
async function quote({ context, dream }: StepWork, cited: readonly CitedFinding[]) {
  return context.database.read(async (reader) => {
    const transcripts = new Map(
      (await listDreamSessions(reader, dream.id)).map((ref) => [ref.sessionId, ref]),
    )
    const citations = cited.flatMap((finding) => finding.citations)
    const quotes = await readQuotes(reader, citations, transcripts)
    const vouched = await findVouched(reader, citations, {
      transcripts,
      firstParty: context.firstPartyTools,
    })
    const findings = quoteFindings(cited, quotes, (citation) => vouched.has(keyOf(citation)))
    const lost = citations.filter((citation) => quotes(citation) === null).length
    const unresolved =
      lost === 0
        ? []
        : [
            `${lost} quotes did not stand in their transcripts and were left out; please report this.`,
          ]
    return { findings, unresolved }
  })
}
