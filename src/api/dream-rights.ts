import { type Caller, mayCall } from '../core/access.ts'
import { DomainError } from '../core/errors.ts'
import type { OutputBehavior } from '../storage/dreams.ts'

/** A dream that writes into a store needs what any other writer needs. */
export function refuseWriting(caller: Caller, behavior: OutputBehavior): void {
  if (behavior === 'create_new' || mayCall(caller, ['memory:write'])) return
  throw new DomainError(
    'forbidden',
    'output_behavior update_existing writes into the memory store: this key needs the scope memory:write.',
  )
}

/** A dream writes into the store that it reads, or into a copy. */
export function refuseOtherStore(
  behavior: { readonly type: string; readonly memory_store_id?: string },
  storeId: string,
): void {
  if (behavior.type === 'create_new' || behavior.memory_store_id === storeId) return
  throw new DomainError(
    'invalid_argument',
    'output_behavior.memory_store_id: must be the same as memory_store_id.',
  )
}
