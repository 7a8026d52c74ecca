import { makeId } from '../../core/ids.ts'
import type { Case } from '../../core/mining/case.ts'
import type { Finding } from '../../core/mining/finding.ts'
import { mine } from '../../core/mining/mine.ts'
import { sessionOutcome } from '../../core/outcome-signal.ts'
import { digesterVersion } from '../../core/transcript/digester.ts'
import { listDigests } from '../../storage/digests.ts'
import { listDreamSessions, updateDream } from '../../storage/dreams.ts'
import { insertFindings } from '../../storage/findings.ts'
import { listOutcomeSignals } from '../../storage/outcome-signals.ts'
import { checkQuotes } from '../quotes.ts'
import type { Mined } from '../reports.ts'
import { beat, finish, type StepWork } from '../step.ts'

/** Turns digests and outcomes into findings. A quote that does not resolve byte for byte is not stored. */
export async function mineFindings(work: StepWork): Promise<void> {
  const { context, dream, onProgress } = work
  const cases = await readCases(work)
  onProgress({ stage: 'mine', done: 0, total: cases.length, unit: 'sessions' })
  const report = mine(cases)
  await beat(work)
  const { findings, unresolved } = await verify(work, report.findings)
  onProgress({ stage: 'mine', done: cases.length, total: cases.length, unit: 'sessions' })
  const mined: Mined = {
    read: countCases(cases),
    families: report.families,
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

/** One case per session, in the dream's order; outcomes are those known now, not when the dream began. */
async function readCases({ context, dream }: StepWork): Promise<Case[]> {
  return context.database.read(async (reader) => {
    const sessions = await listDreamSessions(reader, dream.id)
    const ids = sessions.map((session) => session.sessionId)
    const signals = Map.groupBy(await listOutcomeSignals(reader, ids), (one) => one.sessionId)
    const cases: Case[] = []
    for await (const digests of listDigests(reader, { sessions, digesterVersion })) {
      for (const digest of digests) {
        cases.push({ digest, ...sessionOutcome(signals.get(digest.sessionId) ?? []) })
      }
    }
    return cases
  })
}

async function verify({ context }: StepWork, findings: readonly Finding[]) {
  const kept: Finding[] = []
  let lost = 0
  await context.database.read(async (reader) => {
    for (const finding of findings) {
      const { resolved, unresolved } = await checkQuotes(reader, finding.evidence)
      kept.push({ ...finding, evidence: resolved })
      lost += unresolved.length
    }
  })
  const unresolved =
    lost === 0
      ? []
      : [`${lost} quotes did not stand in their transcripts and were left out; please report this.`]
  return { findings: kept, unresolved }
}

function countCases(cases: readonly Case[]): Mined['read'] {
  const distinct = (values: (string | null)[]) =>
    [...new Set(values.filter((value) => value !== null))].toSorted()
  return {
    sessions: cases.length,
    steps: cases.reduce((sum, { digest }) => sum + digest.steps.length, 0),
    succeeded: cases.filter((one) => one.success === true).length,
    failed: cases.filter((one) => one.success === false).length,
    undecided: cases.filter((one) => one.success === null).length,
    agents: distinct(cases.map(({ digest }) => digest.agent.model ?? digest.agent.name)).length,
    tasks: distinct(cases.map(({ digest }) => digest.task.id)).length,
    taskTypes: distinct(cases.map(({ digest }) => digest.task.type)),
  }
}
