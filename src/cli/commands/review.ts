import { readFile } from 'node:fs/promises'
import type { ReviewDocument } from '../../contract/review.ts'
import type { Actor } from '../../core/audit/record.ts'
import { DomainError } from '../../core/errors.ts'
import type { ChangeId } from '../../core/ids.ts'
import { presentChange } from '../../core/present/change.ts'
import { refreshPolicies } from '../../pipeline/policies/refresh.ts'
import { getChange, listChanges, type StoredChange } from '../../storage/changes.ts'
import type { Reader, Writer } from '../../storage/database.ts'
import { readJudged } from '../../storage/judged-changes.ts'
import { acceptChange, editStoredChange, rejectChange } from '../../storage/review-changes.ts'
import { exitCodes } from '../exit-codes.ts'
import { type GlobalOptions, type Invocation, withData } from '../invocation.ts'
import { findNamedDream, pickByPrefix } from '../latest-dream.ts'
import { renderChange } from '../report/change.ts'
import type { Opened } from '../surroundings.ts'
import { showForeign } from '../text.ts'

export interface ReviewOptions extends GlobalOptions {
  readonly dream?: string
  readonly reason?: string
  /** Accept though a critic rejects it. */
  readonly override?: boolean
  /** Break the glass, where the policy lets whoever uses the command line. */
  readonly bypass?: boolean
  /** The new text, or the file that has it. */
  readonly text?: string
  readonly file?: string
}

/** Who the command line reviews as. */
export const person: Actor = { type: 'user', id: 'cli' }

export const runAccept = (invocation: Invocation, id: string, options: ReviewOptions) =>
  review(invocation, { id, options }, (writer, changeId, context) =>
    acceptChange(writer, context, {
      id: changeId,
      bypasses: options.bypass === true,
      reason: options.reason ?? null,
      overrules: options.override === true,
      changeHash: null,
      expiresAt: null,
    }),
  )

export const runReject = (invocation: Invocation, id: string, options: ReviewOptions) =>
  review(invocation, { id, options }, (writer, changeId, context) => {
    const { reason } = options
    if (reason) return rejectChange(writer, context, { id: changeId, reason })
    throw new DomainError(
      'invalid_argument',
      'Say why with --reason: a rejected idea is remembered with it.',
    )
  })

export async function runEdit(invocation: Invocation, id: string, options: ReviewOptions) {
  const { text, file } = options
  if ((text === undefined) === (file === undefined)) {
    throw new DomainError(
      'invalid_argument',
      'Give the new text with --text, or --file with a file that has it.',
    )
  }
  const after = text ?? (await readFile(file ?? '', 'utf8'))
  return review(invocation, { id, options }, (writer, changeId) =>
    editStoredChange(writer, changeId, { after, reason: options.reason ?? null }),
  )
}

interface Named {
  readonly id: string
  readonly options: ReviewOptions
}

function review(
  invocation: Invocation,
  { id, options }: Named,
  act: (writer: Writer, id: ChangeId, context: Opened['context']) => Promise<StoredChange>,
): Promise<number> {
  return withData(invocation, options, async ({ context }) => {
    const { database, hash } = context
    await refreshPolicies(context)
    const { stored, judged } = await database.write(person, async (writer) => {
      const found = await findChange(writer, id, options.dream)
      const done = await act(writer, found.id, context)
      return { stored: done, judged: await readJudged(writer, done) }
    })
    const document: ReviewDocument = {
      version: 1,
      kind: 'review',
      change: { ...presentChange(stored, hash), ...judged },
    }
    invocation.print(document, () => [
      ...renderChange(stored, invocation),
      ...judged.critiques
        .filter(({ verdict }) => verdict !== 'accept')
        .map(
          ({ critic, verdict, explanation }) =>
            `    ${critic}: ${verdict}. ${showForeign(explanation)}`,
        ),
    ])
    return exitCodes.ok
  })
}

/** By its whole id in any dream, by its beginning in the one that is named or newest. */
export async function findChange(
  reader: Reader,
  id: string,
  dreamId: string | undefined,
): Promise<StoredChange> {
  if (/^chg_[0-9a-f]{24}$/.test(id)) return getChange(reader, id as ChangeId)
  const dream = await findNamedDream(reader, dreamId)
  return pickByPrefix(await listChanges(reader, dream.id), id, 'change')
}
