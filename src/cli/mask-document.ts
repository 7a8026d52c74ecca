import type { SessionId } from '../core/ids.ts'
import { maskForExport } from '../core/trust/export-mask.ts'
import { signUnder } from '../core/trust/personal-data.ts'
import { listPrincipals } from '../storage/watch.ts'
import type { Opened } from './surroundings.ts'

/** A document of changes or findings. */
interface Quoting {
  readonly data: readonly { readonly evidence: readonly { readonly session_id: string }[] }[]
}

/** As it may leave the house: quotes without secrets, personal data, and the names of those who are quoted. */
export async function maskDocument<T extends Quoting>(
  { database, mask, keyring, hash }: Opened['context'],
  document: T,
): Promise<T> {
  const ids = document.data.flatMap(({ evidence }) => evidence.map((one) => one.session_id))
  const principals = await database.read((reader) =>
    listPrincipals(reader, [...new Set(ids)] as SessionId[]),
  )
  const names = [...new Set(principals.values())]
  return maskForExport(document, { mask, names, sign: signUnder(keyring, hash) })
}
