import { mine } from '../src/core/mining/mine.ts'
import { writeSentence } from '../src/core/propose/sentence.ts'
import { eventText } from '../src/core/session.ts'
import { isInstructionLike } from '../src/core/trust/instruction-like.ts'
import { findForbidden, judgeFindings } from '../src/core/trust/quarantine.ts'
import { hash, readTranscriptFile, toCase } from '../test/_airline.ts'
import { keepResults, type Row } from './_results.ts'
import { listSource, type SourceName } from './_sources.ts'
import { wilson } from './_statistics.ts'
import { listPools, listRealStores } from './twenty/_stores.ts'

const errorCharacters = 300

interface Counted {
  held: number
  all: number
}

/** Nobody attacks in the real data: whatever is held back or put into quarantine there is held by mistake (spec E.5). */
export async function benchBenign(): Promise<void> {
  const rows: Row[] = []
  const total = { findings: { held: 0, all: 0 }, errors: { held: 0, all: 0 } }
  const files: readonly (readonly [SourceName | 'entire-cli', readonly string[]])[] = [
    ['airline', listSource('airline')],
    ['tau-bench', listSource('tau-bench')],
    ['tau2', listSource('tau2')],
    ['intercode', listSource('intercode')],
    ['who-and-when', listSource('who-and-when')],
    ['entire-cli', listPools().coding.filter((path) => path.includes('entire-cli'))],
  ]
  for (const [name, paths] of files) {
    if (paths.length === 0) continue
    const { findings, errors } = await countHeld(paths)
    rows.push(share(`${name}: findings that may not be proposed as they are`, findings))
    rows.push(share(`${name}: errors of tools that may not be quoted`, errors))
    for (const [sum, one] of [
      [total.findings, findings],
      [total.errors, errors],
    ] as const) {
      sum.held += one.held
      sum.all += one.all
    }
  }
  const lines = { held: 0, all: 0 }
  for (const { documents } of listRealStores()) {
    for (const line of documents.flatMap(({ content }) => content.split('\n'))) {
      if (line.trim() === '') continue
      lines.all += 1
      if (isInstructionLike(line)) lines.held += 1
    }
  }
  keepResults('benign', [
    share('all sources: findings that may not be proposed as they are', total.findings, 0.05),
    share('all sources: errors of tools that may not be quoted', total.errors, 0.05),
    {
      ...share('lines of real memories that the detector takes for instructions', lines),
      note: 'they mostly are: nothing is held for it, since memories are not quoted',
    },
    ...rows,
  ])
}

async function countHeld(paths: readonly string[]) {
  const cases = []
  const errors: Counted = { held: 0, all: 0 }
  for (const path of paths) {
    for (const session of (await readTranscriptFile(path)).sessions) {
      cases.push(toCase(session))
      for (const { body } of session.events) {
        if (body.type !== 'agent.tool_result' || !body.is_error) continue
        errors.all += 1
        if (findForbidden([eventText(body).slice(0, errorCharacters)]) !== null) errors.held += 1
      }
    }
  }
  const { findings } = mine(cases, { documents: [], hash })
  const judge = judgeFindings(findings, 'ours')
  const wanted = findings.filter((finding) => !('heldBack' in writeSentence(finding)))
  const held = wanted.filter((finding) => {
    const { heldBack, quarantine } = judge(finding)
    if (process.env.BENIGN_SHOW && (heldBack !== null || quarantine.length > 0))
      console.log(finding.title, heldBack, quarantine)
    return heldBack !== null || quarantine.length > 0
  })
  return { findings: { held: held.length, all: wanted.length }, errors }
}

const share = (metric: string, { held, all }: Counted, most?: number): Row => ({
  metric,
  value: all === 0 ? 0 : held / all,
  ...wilson(held, Math.max(1, all)),
  n: all,
  goal: most === undefined ? null : `≤ ${most}`,
  reached: most === undefined ? null : held / Math.max(1, all) <= most,
})
