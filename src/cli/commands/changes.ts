import type { ChangesDocument } from '../../contract/changes.ts'
import { toTimestamp } from '../../core/clock.ts'
import { presentChange } from '../../core/present/change.ts'
import type { DreamReport } from '../../core/present/dream-report.ts'
import { eventText } from '../../core/session.ts'
import { refreshPolicies } from '../../pipeline/policies/refresh.ts'
import { listChanges, type StoredChange } from '../../storage/changes.ts'
import { readJudged } from '../../storage/judged-changes.ts'
import { findEvent } from '../../storage/session-events.ts'
import { exitCodes } from '../exit-codes.ts'
import { type GlobalOptions, type Invocation, withData } from '../invocation.ts'
import { findNamedDream, pickByPrefix } from '../latest-dream.ts'
import { maskDocument } from '../mask-document.ts'
import { renderChange } from '../report/change.ts'
import { showDecision } from '../report/decision.ts'
import type { Opened } from '../surroundings.ts'
import { showForeign, wrapText } from '../text.ts'

export interface ChangesOptions extends GlobalOptions {
  readonly dream?: string
  /** With --json: as it is stored. */
  readonly raw?: boolean
}

/** All changes of a dream; with an id, that one with its evidence in context. */
export function runChanges(
  invocation: Invocation,
  id: string | undefined,
  options: ChangesOptions,
): Promise<number> {
  return withData(invocation, options, async (opened) => {
    const { database, hash } = opened.context
    const { dream, changes } = await database.read(async (reader) => {
      const named = await findNamedDream(reader, options.dream)
      return { dream: named, changes: await listChanges(reader, named.id) }
    })
    const chosen = id === undefined ? changes : [pickByPrefix(changes, id, 'change')]
    const heldBack = (dream.report as unknown as DreamReport | null)?.heldBack ?? []
    const document: ChangesDocument = {
      version: 1,
      kind: 'changes',
      dream_id: dream.id,
      data: chosen.map((change) => presentChange(change, hash)),
      held_back: [...heldBack],
    }
    const evidence =
      id === undefined
        ? []
        : [
            ...(await renderEvidence(invocation, opened, chosen)),
            ...(await renderDecisions(opened, chosen)),
          ]
    const shown = options.raw === true ? document : await maskDocument(opened.context, document)
    invocation.print(shown, () =>
      chosen.length === 0
        ? ['Nothing was proposed, because:', ...heldBack.map((line) => `  · ${showForeign(line)}`)]
        : [...chosen.flatMap((one) => [...renderChange(one, invocation), '']), ...evidence],
    )
    return exitCodes.ok
  })
}

/** Characters of the event shown on either side of a quote. */
const around = 200

async function renderEvidence(
  { colours, columns }: Invocation,
  { context }: Opened,
  changes: readonly StoredChange[],
): Promise<string[]> {
  const lines: string[] = []
  for (const piece of changes.flatMap(({ change }) => change.evidence)) {
    const event = await context.database.read((reader) => findEvent(reader, piece))
    const text = event ? eventText(event.body) : piece.text
    const [start, end] = event ? [piece.start, piece.end] : [0, piece.text.length]
    const before = text.slice(Math.max(0, start - around), start)
    const after = text.slice(end, end + around)
    const shown = `${before}⟦${text.slice(start, end)}⟧${after}`
    lines.push(
      colours.bold(`${piece.polarity} · ${piece.sessionId} ${piece.eventId}`),
      ...wrapText(showForeign(shown), { columns, first: '  ', rest: '  ' }),
      '',
    )
  }
  return lines
}

/** What the policies say of them now, with every reason. */
async function renderDecisions(
  { context }: Opened,
  changes: readonly StoredChange[],
): Promise<string[]> {
  const { hash, clock, database } = context
  await refreshPolicies(context)
  const lines: string[] = []
  for (const one of changes) {
    const { decision } = await database.read((reader) =>
      readJudged({ ...reader, hash, at: toTimestamp(clock()) }, one),
    )
    lines.push(...showDecision(decision))
  }
  return lines
}
