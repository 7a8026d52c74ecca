import type { EndorsementDocument } from '../../contract/lucid/endorsements.ts'
import { DomainError } from '../../core/errors.ts'
import { presentEndorsement } from '../../core/present/endorsement.ts'
import { type Taint, taints } from '../../core/trust/taint.ts'
import { endorseMemory } from '../../storage/endorse-memory.ts'
import { getMemoryByPath } from '../../storage/memories.ts'
import { exitCodes } from '../exit-codes.ts'
import { type GlobalOptions, type Invocation, withData } from '../invocation.ts'
import { findNamedDream } from '../latest-dream.ts'
import { plural, showForeign } from '../text.ts'

export interface EndorseOptions extends GlobalOptions {
  readonly person: string
  readonly reason: string
  readonly text?: string
  readonly taint: string
  readonly dream?: string
}

const operator = { type: 'user', id: 'cli' } as const

/** A named person stands for lines of a memory in the store that the dream read. */
export function runEndorse(
  invocation: Invocation,
  path: string,
  options: EndorseOptions,
): Promise<number> {
  const taint = readTaint(options.taint)
  return withData(invocation, options, async ({ context }) => {
    const made = await context.database.write(operator, async (writer) => {
      const { inputStoreId: storeId } = await findNamedDream(writer, options.dream)
      const wanted = path.startsWith('/') ? path : `/${path}`
      return endorseMemory(writer, {
        id: context.newId('endr'),
        storeId,
        memory: await getMemoryByPath(writer, { storeId, path: wanted }),
        contentSha256: null,
        text: options.text ?? null,
        taint,
        person: options.person,
        reason: options.reason,
      })
    })
    const document: EndorsementDocument = {
      version: 1,
      kind: 'endorsement',
      endorsement: presentEndorsement(made),
    }
    invocation.print(document, () => [
      `${plural(made.lineCount, 'line')} of ${showForeign(path)} endorsed by ${showForeign(made.person)}: ${made.taintBefore} → ${made.taint}, from the next dream on, until the text changes.`,
    ])
    return exitCodes.ok
  })
}

function readTaint(text: string): Taint {
  const found = taints.find((taint) => taint === text)
  if (found) return found
  throw new DomainError('invalid_argument', `--taint: one of ${taints.join(', ')}.`)
}
