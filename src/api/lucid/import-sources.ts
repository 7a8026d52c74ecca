import { realpath, stat } from 'node:fs/promises'
import { sep } from 'node:path'
import { importFromPath } from '../../contract/lucid/imports.ts'
import { type Caller, mayCall } from '../../core/access.ts'
import { DomainError } from '../../core/errors.ts'
import type { FileId } from '../../core/ids.ts'
import { defaultMaxBytes, readJson } from '../body.ts'
import type { ApiContext } from '../context.ts'
import { parse } from '../parse.ts'
import {
  discardStaleUploads,
  receiveUpload,
  storeBytes,
  tooLarge,
  type Upload,
} from '../v1/upload.ts'

/** Of one upload. */
const mostUploadBytes = 500_000_000

/** A place on the server, judged by where it really is; null where the request is no such wish. */
export async function readServerPath(
  { settings }: ApiContext,
  request: Request,
  caller: Caller,
): Promise<string | null> {
  if (!/^application\/json\b/i.test(request.headers.get('content-type') ?? '')) return null
  if (!mayCall(caller, ['admin'])) {
    throw new DomainError(
      'forbidden',
      'Importing a path of the server needs the scope admin; upload instead.',
    )
  }
  const json = await readJson(request, defaultMaxBytes)
  const { path } = parse(importFromPath, json, { place: 'body', strict: settings.strict })
  const real = await realpath(path).catch(() => null)
  for (const root of settings.importRoots) {
    const realRoot = await realpath(root).catch(() => null)
    if (real !== null && realRoot !== null && `${real}${sep}`.startsWith(`${realRoot}${sep}`))
      return real
  }
  throw new DomainError(
    'forbidden',
    settings.importRoots.length === 0
      ? 'No folder of the server may be imported from: LUCIDREAM_IMPORT_ROOTS is not set. Upload instead.'
      : 'There is no such file under the folders of LUCIDREAM_IMPORT_ROOTS. Links are followed before this is judged.',
  )
}

export async function measurePath(path: string): Promise<number> {
  const { size } = await stat(path)
  return size
}

/** Stores the body as it arrives: a multipart part named `file`, or all of it. */
export async function receiveImport(
  context: ApiContext,
  request: Request,
  { id, name }: { readonly id: FileId; readonly name: string | undefined },
): Promise<Upload> {
  await discardStaleUploads(context)
  const options = { database: context.database, id, maxBytes: mostUploadBytes }
  if (Number(request.headers.get('content-length') ?? 0) > mostUploadBytes + 1_000_000) {
    throw tooLarge(mostUploadBytes)
  }
  if (/^multipart\/form-data\b/i.test(request.headers.get('content-type') ?? '')) {
    return receiveUpload(request, options)
  }
  return storeBytes(request.body, { ...options, filename: name })
}
