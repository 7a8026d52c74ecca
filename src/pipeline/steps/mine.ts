import { makeId, type SessionId } from '../../core/ids.ts'
import { quoteFindings } from '../../core/mining/cite.ts'
import type { CitedFinding, Finding } from '../../core/mining/finding.ts'
import type { Quotes } from '../../core/transcript/digest.ts'
import { digesterVersion } from '../../core/transcript/digester.ts'
import { findQuotes, listPackedTraces } from '../../storage/digests.ts'
import { listDreamMemories } from '../../storage/dream-memories.ts'
import { listDreamSessions } from '../../storage/dream-sessions.ts'
import { updateDream } from '../../storage/dreams.ts'
import { insertFindings } from '../../storage/findings.ts'
import { listOutcomeSignals } from '../../storage/outcome-signals.ts'
import { countOf, narrate } from '../dream-session.ts'
import { checkQuotes } from '../quotes.ts'
import type { Mined } from '../reports.ts'
import { beat, finish, type StepWork, think } from '../step.ts'
import type { MiningTask } from '../thinking.ts'

/** Turns digests and outcomes into findings. A quote that does not resolve byte for byte is not stored. */
export async function mineFindings(work: StepWork): Promise<void> {
  const { context, dream, onProgress } = work
  await beat(work)
  const task = await readTask(work)
  const progress = { stage: 'mine', total: task.traces.length, unit: 'sessions' }
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
    silences: [...report.silences, ...unresolved],
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
async function readTask({ context, dream, onProgress }: StepWork): Promise<MiningTask> {
  return context.database.read(async (reader) => {
    const sessions = await listDreamSessions(reader, dream.id)
    const signals = await listOutcomeSignals(
      reader,
      sessions.map((session) => session.sessionId),
    )
    const traces: Uint8Array[] = []
    for await (const packed of listPackedTraces(reader, { sessions, digesterVersion })) {
      traces.push(...packed)
      onProgress({ stage: 'read', done: traces.length, total: sessions.length, unit: 'sessions' })
    }
    return { traces, signals, documents: await listDreamMemories(reader, dream.id) }
  })
}

/** Looks up what the findings cite, and leaves out what does not stand byte for byte in its transcript. */
async function quote({ context, dream }: StepWork, cited: readonly CitedFinding[]) {
  return context.database.read(async (reader) => {
    const hashes = new Map(
      (await listDreamSessions(reader, dream.id)).map((ref) => [ref.sessionId, ref]),
    )
    const quotes = new Map<SessionId, Quotes>()
    for (const sessionId of new Set(
      cited.flatMap(({ citations }) => citations.map((c) => c.sessionId)),
    )) {
      const ref = hashes.get(sessionId)
      const found = ref && (await findQuotes(reader, { ...ref, digesterVersion }))
      if (found) quotes.set(sessionId, found)
    }
    const findings: Finding[] = []
    let lost = 0
    for (const finding of quoteFindings(cited, (sessionId) => quotes.get(sessionId))) {
      const { resolved, unresolved } = await checkQuotes(reader, finding.evidence, {
        transcripts: hashes,
        firstParty: context.firstPartyTools,
      })
      findings.push({ ...finding, evidence: resolved })
      lost += unresolved.length
    }
    const unresolved =
      lost === 0
        ? []
        : [
            `${lost} quotes did not stand in their transcripts and were left out; please report this.`,
          ]
    return { findings, unresolved }
  })
}
