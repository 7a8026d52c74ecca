import { DomainError } from '../core/errors.ts'
import type { Reader } from '../storage/database.ts'
import { type Dream, listDreams } from '../storage/dreams.ts'

/** The dream that an id or its unique beginning names; without one, the newest that is complete and mined. */
export async function findNamedDream(reader: Reader, named: string | undefined): Promise<Dream> {
  const dreams = await listDreams(reader, { limit: 10_000 })
  if (named !== undefined) return pickByPrefix(dreams, named, 'dream')
  const complete = dreams.find(
    ({ status, experimentId }) => status === 'completed' && experimentId === null,
  )
  if (complete) return complete
  throw new DomainError('not_found', 'There is no complete dream yet; run `lucidream dream` first.')
}

/** The one whose id begins so; none and several are told apart. */
export function pickByPrefix<T extends { readonly id: string }>(
  list: readonly T[],
  prefix: string,
  noun: string,
): T {
  const found = list.filter((one) => one.id.startsWith(prefix))
  const [first] = found
  if (!first) throw new DomainError('not_found', `There is no ${noun} ${prefix}.`)
  if (found.length === 1) return first
  const names = found.slice(0, 5).map((one) => one.id)
  const more = found.length > 5 ? ` and ${found.length - 5} more` : ''
  throw new DomainError(
    'invalid_argument',
    `${prefix} is the beginning of ${found.length} ${noun}s: ${names.join(', ')}${more}. Give more of the id.`,
  )
}
