import type { BriefDocument } from '../../contract/brief.ts'
import { presentBrief } from '../../core/present/brief.ts'
import { nameFinding } from '../../core/present/change.ts'
import { type Brief, defaultBudget, renderBrief } from '../../core/propose/brief.ts'
import { writeBriefs } from '../../core/propose/briefs.ts'
import { signUnder } from '../../core/trust/personal-data.ts'
import { listFindings } from '../../storage/findings.ts'
import { exitCodes } from '../exit-codes.ts'
import { type GlobalOptions, type Invocation, withData } from '../invocation.ts'
import { findNamedDream } from '../latest-dream.ts'
import { plural } from '../text.ts'

export interface BriefOptions extends GlobalOptions {
  readonly dream?: string
  readonly budget?: number
}

/** What to tell an agent before its next run: for one type of task, or for each that the dream read. */
export function runBrief(
  invocation: Invocation,
  taskType: string | undefined,
  options: BriefOptions,
): Promise<number> {
  return withData(invocation, options, async ({ context }) => {
    const { dream, findings } = await context.database.read(async (reader) => {
      const named = await findNamedDream(reader, options.dream)
      return { dream: named, findings: await listFindings(reader, named.id) }
    })
    const all = findings.map(({ finding }) => finding)
    const budget = options.budget ?? defaultBudget
    const briefs = writeBriefs(all, {
      taskType,
      budget,
      sign: signUnder(context.keyring, context.hash),
    })
    const document: BriefDocument = {
      version: 1,
      kind: 'brief',
      dream_id: dream.id,
      data: briefs.map((brief) =>
        presentBrief(brief, (key) => nameFinding(dream.id, key, context.hash)),
      ),
    }
    invocation.print(document, () => briefs.flatMap(describe))
    for (const { taskType: type, tokens, leftOut } of briefs) {
      const cut = leftOut === 0 ? '' : `; ${plural(leftOut, 'line')} did not fit`
      invocation.note(`${type ?? 'all tasks'}: about ${tokens} of ${budget} tokens${cut}`)
    }
    return exitCodes.ok
  })
}

function describe(brief: Brief): string[] {
  if (brief.lines.length > 0) return renderBrief(brief).split('\n')
  return [
    `Nothing is known well enough to tell an agent before ${brief.taskType ?? 'its next run'}.`,
  ]
}
