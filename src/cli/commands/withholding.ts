import { withholdingSettings } from '../../contract/lucid/withholding.ts'
import type { WithholdingDocument } from '../../contract/withholding.ts'
import { DomainError } from '../../core/errors.ts'
import type { WithholdingSettings } from '../../core/experiment/withheld-items.ts'
import type { MemoryStoreId } from '../../core/ids.ts'
import { putWithholding } from '../../storage/withholding.ts'
import {
  getFrozenGoal,
  presentWithholding,
  viewWithholding,
} from '../../storage/withholding-view.ts'
import { exitCodes } from '../exit-codes.ts'
import { type GlobalOptions, type Invocation, withData } from '../invocation.ts'
import { describeWithholding } from '../report/withholding.ts'
import { person } from './review.ts'

export interface WithholdingOptions extends GlobalOptions {
  readonly share?: string
  readonly exempt?: readonly string[]
  readonly off?: boolean
  readonly goal?: string
}

/** Sets what is asked for, then shows how it stands. */
export async function runWithholding(
  invocation: Invocation,
  id: string,
  options: WithholdingOptions,
): Promise<number> {
  const storeId = id as MemoryStoreId
  const { goal } = options
  const change = readChange(options)
  return withData(invocation, options, async ({ context: { database, clock, hash } }) => {
    if (change) {
      await database.write(person, async (writer) => {
        // A name that is not there is no reason to have changed something.
        if (goal !== undefined) await getFrozenGoal(writer, goal)
        await putWithholding(writer, storeId, change.settings)
      })
    }
    const view = await database.read(({ read }) =>
      viewWithholding({ read, hash }, { storeId, goal, now: clock() }),
    )
    const document: WithholdingDocument = {
      version: 1,
      kind: 'withholding',
      ...presentWithholding(view),
    }
    invocation.print(document, () => describeWithholding(document))
    return exitCodes.ok
  })
}

/** Null: nothing is to be changed. */
function readChange({
  share,
  exempt,
  off,
}: WithholdingOptions): { readonly settings: WithholdingSettings | null } | null {
  if (off) {
    if (share === undefined && exempt === undefined) return { settings: null }
    throw refuse('--off leaves out nothing; give it without --share and --exempt')
  }
  if (share === undefined) {
    if (exempt === undefined) return null
    throw refuse('--exempt says what --share spares; give both')
  }
  const given = { share: Number(share), exempt_paths: [...(exempt ?? [])] }
  const { data, error } = withholdingSettings.safeParse(given)
  if (data && data.share !== null) {
    return { settings: { share: data.share, exemptPaths: data.exempt_paths } }
  }
  const [issue] = error?.issues ?? []
  throw refuse(`--${issue?.path[0] === 'exempt_paths' ? 'exempt' : 'share'}: ${issue?.message}`)
}

const refuse = (why: string) => new DomainError('invalid_argument', `withholding: ${why}.`)
