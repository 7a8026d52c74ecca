import { makeId, type SessionId } from '../../core/ids.ts'
import type { Case } from '../../core/mining/case.ts'
import { quoteFindings } from '../../core/mining/cite.ts'
import type { CitedFinding, Finding } from '../../core/mining/finding.ts'
import { type MiningInput, minePatterns } from '../../core/mining/mine.ts'
import { sessionOutcome } from '../../core/outcome-signal.ts'
import type { Quotes } from '../../core/transcript/digest.ts'
import { digesterVersion } from '../../core/transcript/digester.ts'
import type { Share } from '../../core/transcript/packed-trace.ts'
import { findQuotes, listTraces } from '../../storage/digests.ts'
import { listDreamSessions, updateDream } from '../../storage/dreams.ts'
import { insertFindings } from '../../storage/findings.ts'
import { listMemories } from '../../storage/memories.ts'
import { listOutcomeSignals } from '../../storage/outcome-signals.ts'
import { checkQuotes } from '../quotes.ts'
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
async function readCases(work: StepWork): Promise<Case[]> {
  const { context, dream, onProgress } = work
  return context.database.read(async (reader) => {
    const sessions = await listDreamSessions(reader, dream.id)
    const ids = sessions.map((session) => session.sessionId)
    const signals = Map.groupBy(await listOutcomeSignals(reader, ids), (one) => one.sessionId)
    const cases: Case[] = []
    const share = shareTexts()
    for await (const traces of listTraces(reader, { sessions, digesterVersion, share })) {
      for (const trace of traces) {
        cases.push({ trace, ...sessionOutcome(signals.get(trace.sessionId) ?? []) })
      }
      onProgress({ stage: 'read', done: cases.length, total: sessions.length, unit: 'sessions' })
    }
    return cases
  })
}

/** Names of tools, errors and sources recur in every session; one copy of each is kept. */
function shareTexts(): Share {
  const known = new Map<string, string>()
  return (text) => {
    const first = known.get(text)
    if (first === undefined) known.set(text, text)
    return first ?? text
  }
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
      const { resolved, unresolved } = await checkQuotes(reader, finding.evidence, hashes)
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

function countCases(cases: readonly Case[]): Mined['read'] {
  const distinct = (values: (string | null)[]) =>
    [...new Set(values.filter((value) => value !== null))].toSorted()
  return {
    sessions: cases.length,
    steps: cases.reduce((sum, { trace }) => sum + trace.steps.length, 0),
    succeeded: cases.filter((one) => one.success === true).length,
    failed: cases.filter((one) => one.success === false).length,
    undecided: cases.filter((one) => one.success === null).length,
    agents: distinct(cases.map(({ trace }) => trace.agent.model ?? trace.agent.name)).length,
    tasks: distinct(cases.map(({ trace }) => trace.task.id)).length,
    taskTypes: distinct(cases.map(({ trace }) => trace.task.type)),
  }
}
