import { makeId } from '../../core/ids.ts'
import type { LaidOutCase } from '../../core/mining/case.ts'
import { quoteFindings } from '../../core/mining/cite.ts'
import type { CitedFinding, Finding } from '../../core/mining/finding.ts'
import { type MiningInput, minePatterns } from '../../core/mining/mine.ts'
import { sessionOutcome } from '../../core/outcome-signal.ts'
import { digesterVersion } from '../../core/transcript/digester.ts'
import { Lexicon } from '../../core/transcript/lexicon.ts'
import { listTraces } from '../../storage/digests.ts'
import { listDreamSessions, updateDream } from '../../storage/dreams.ts'
import { insertFindings } from '../../storage/findings.ts'
import { listMemories } from '../../storage/memories.ts'
import { listOutcomeSignals } from '../../storage/outcome-signals.ts'
import { readQuotes } from '../quotes.ts'
import type { Mined } from '../reports.ts'
import { beat, finish, type StepWork } from '../step.ts'

/** Turns digests and outcomes into findings. A quote that does not resolve byte for byte is not stored. */
export async function mineFindings(work: StepWork): Promise<void> {
  const { context, dream, onProgress } = work
  const cases = await readCases(work)
  onProgress({ stage: 'mine', done: 0, total: cases.length, unit: 'sessions' })
  const report = minePatterns(cases, await readInput(work))
  await beat(work)
  const { findings, unresolved } = await quote(work, report.findings)
  onProgress({ stage: 'mine', done: cases.length, total: cases.length, unit: 'sessions' })
  const mined: Mined = {
    read: countCases(cases),
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
  })
}

/** The memory that is dreamt over: tools may state otherwise than it does. */
async function readInput({ context, dream }: StepWork): Promise<MiningInput> {
  const documents = await context.database.read((reader) =>
    listMemories(reader, dream.inputStoreId),
  )
  return { documents, hash: context.hash }
}

/** One case per session, in the dream's order; outcomes are those known now, not when the dream began. */
async function readCases(work: StepWork): Promise<LaidOutCase[]> {
  const { context, dream, onProgress } = work
  return context.database.read(async (reader) => {
    const sessions = await listDreamSessions(reader, dream.id)
    const ids = sessions.map((session) => session.sessionId)
    const signals = Map.groupBy(await listOutcomeSignals(reader, ids), (one) => one.sessionId)
    const cases: LaidOutCase[] = []
    const lexicon = new Lexicon()
    for await (const traces of listTraces(reader, { sessions, digesterVersion, lexicon })) {
      for (const { trace, steps } of traces) {
        cases.push({ trace, steps, ...sessionOutcome(signals.get(trace.sessionId) ?? []) })
      }
      onProgress({ stage: 'read', done: cases.length, total: sessions.length, unit: 'sessions' })
    }
    return cases
  })
}

/** Looks up what the findings cite. What does not stand in its transcript is left out and counted. */
async function quote({ context, dream }: StepWork, cited: readonly CitedFinding[]) {
  return context.database.read(async (reader) => {
    const transcripts = new Map(
      (await listDreamSessions(reader, dream.id)).map((ref) => [ref.sessionId, ref]),
    )
    const citations = cited.flatMap((finding) => finding.citations)
    const quotes = await readQuotes(reader, citations, transcripts)
    const findings: readonly Finding[] = quoteFindings(cited, quotes)
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

function countCases(cases: readonly LaidOutCase[]): Mined['read'] {
  const distinct = (values: (string | null)[]) =>
    [...new Set(values.filter((value) => value !== null))].toSorted()
  return {
    sessions: cases.length,
    steps: cases.reduce((sum, { steps }) => sum + steps.to - steps.from, 0),
    succeeded: cases.filter((one) => one.success === true).length,
    failed: cases.filter((one) => one.success === false).length,
    undecided: cases.filter((one) => one.success === null).length,
    agents: distinct(cases.map(({ trace }) => trace.agent.model ?? trace.agent.name)).length,
    tasks: distinct(cases.map(({ trace }) => trace.task.id)).length,
    taskTypes: distinct(cases.map(({ trace }) => trace.task.type)),
  }
}
