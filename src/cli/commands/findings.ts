import type { FindingsDocument } from '../../contract/findings.ts'
import { presentFinding } from '../../core/present/finding.ts'
import { listFindings } from '../../storage/findings.ts'
import { exitCodes } from '../exit-codes.ts'
import { type GlobalOptions, type Invocation, withData } from '../invocation.ts'
import { findNamedDream, pickByPrefix } from '../latest-dream.ts'
import { maskDocument } from '../mask-document.ts'
import { renderFinding } from '../report/finding.ts'

export interface FindingsOptions extends GlobalOptions {
  readonly dream?: string
  /** With --json: as it is stored. */
  readonly raw?: boolean
}

/** All findings of a dream; with an id, that one with all its quotes. */
export function runFindings(
  invocation: Invocation,
  id: string | undefined,
  options: FindingsOptions,
): Promise<number> {
  return withData(invocation, options, async ({ context }) => {
    const { dream, findings } = await context.database.read(async (reader) => {
      const named = await findNamedDream(reader, options.dream)
      return { dream: named, findings: await listFindings(reader, named.id) }
    })
    const chosen = id === undefined ? findings : [pickByPrefix(findings, id, 'finding')]
    const document: FindingsDocument = {
      version: 1,
      kind: 'findings',
      dream_id: dream.id,
      data: chosen.map(presentFinding),
    }
    const shown = options.raw === true ? document : await maskDocument(context, document)
    invocation.print(shown, () =>
      chosen.length === 0
        ? ['No findings; `lucidream dream --json` says why under silences.']
        : chosen.flatMap((one) => [
            ...renderFinding(one, invocation, id === undefined ? 2 : 99),
            '',
          ]),
    )
    return exitCodes.ok
  })
}
