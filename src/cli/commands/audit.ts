import { open, unlink } from 'node:fs/promises'
import type {
  AuditCheckpointDocument,
  AuditExportDocument,
  AuditKeyDocument,
  AuditProofDocument,
} from '../../contract/audit.ts'
import { formatEntry } from '../../core/audit/entry.ts'
import { fromHex } from '../../core/audit/hex.ts'
import { formatHead, formatLine } from '../../core/audit/log-file.ts'
import { formatKey, type Notary } from '../../core/audit/notary.ts'
import { DomainError } from '../../core/errors.ts'
import type { Context } from '../../pipeline/context.ts'
import { sealLog } from '../../storage/audit-checkpoints.ts'
import { proveRecord } from '../../storage/audit-proofs.ts'
import { countAuditRecords, listAuditRecords } from '../../storage/audit-records.ts'
import { readFrontier } from '../../storage/audit-tree.ts'
import { exitCodes } from '../exit-codes.ts'
import { type GlobalOptions, type Invocation, withData } from '../invocation.ts'
import { groupDigits } from '../text.ts'

export interface AuditExportOptions extends GlobalOptions {
  readonly from?: number
}

export interface AuditProofOptions extends GlobalOptions {
  readonly size?: number
}

/** Writes the log into a file that is not there yet; one that cannot be finished is removed. */
export function runAuditExport(
  invocation: Invocation,
  file: string,
  options: AuditExportOptions,
): Promise<number> {
  return withData(invocation, options, async ({ context }) => {
    const from = options.from ?? 1
    const records = await writeNewFile(file, (write) => exportLog(context, from, write))
    const { origin } = context.notary
    const document: AuditExportDocument = {
      version: 1,
      kind: 'audit_export',
      file,
      origin,
      from,
      records,
    }
    invocation.print(document, () => [
      `${groupDigits(records)} records of the audit log ${origin} are in ${file}.`,
    ])
    return exitCodes.ok
  })
}

const perPage = 2_000

/** Answers how many records were written. */
async function exportLog(
  { database, notary }: Context,
  from: number,
  write: (text: string) => Promise<unknown>,
): Promise<number> {
  // Makes the tiles that what stands before `from` is told by.
  await sealLog(database, notary)
  return database.read(async (reader) => {
    const count = await countAuditRecords(reader)
    if (from > count + 1) {
      throw new DomainError(
        'invalid_argument',
        `--from ${from}: the audit log holds ${count} records.`,
      )
    }
    const before = await readFrontier(reader, notary.hash, from - 1)
    await write(`${formatHead({ origin: notary.origin, from, before })}\n`)
    for (let afterSeq = from - 1; ; ) {
      const page = await listAuditRecords(reader, { afterSeq, limit: perPage })
      const last = page.at(-1)
      if (!last) return afterSeq - from + 1
      await write(
        page.map((record) => `${formatLine(formatEntry(record), record.leaf)}\n`).join(''),
      )
      afterSeq = last.seq
    }
  })
}

async function writeNewFile<T>(
  path: string,
  fill: (write: (text: string) => Promise<unknown>) => Promise<T>,
): Promise<T> {
  const file = await open(path, 'wx', 0o600).catch((cause: NodeJS.ErrnoException) => {
    throw new DomainError(
      cause.code === 'EEXIST' ? 'conflict' : 'permission_denied',
      cause.code === 'EEXIST'
        ? `${path} is there already; name a file that is not, or remove it.`
        : `${path} cannot be written (${cause.message}).`,
      { cause },
    )
  })
  try {
    const result = await fill((text) => file.appendFile(text))
    await file.sync()
    await file.close()
    return result
  } catch (error) {
    await file.close()
    await unlink(path)
    throw error
  }
}

/** Prints a checkpoint over every record; for people exactly the signed note, to be kept in a file. */
export function runAuditCheckpoint(
  invocation: Invocation,
  options: GlobalOptions,
): Promise<number> {
  return withData(invocation, options, async ({ context: { database, notary } }) => {
    const { size, root, note, createdAt } = await sealLog(database, notary)
    const document: AuditCheckpointDocument = {
      version: 1,
      kind: 'audit_checkpoint',
      origin: notary.origin,
      size,
      root: notary.encodeBase64(fromHex(root)),
      note,
      key: nameKey(notary),
      created_at: createdAt,
    }
    invocation.print(document, () => note.slice(0, -1).split('\n'))
    return exitCodes.ok
  })
}

/** Prints the public key that checkpoints are checked with. */
export function runAuditKey(invocation: Invocation, options: GlobalOptions): Promise<number> {
  return withData(invocation, options, async ({ context: { notary } }) => {
    const { origin } = notary
    const document: AuditKeyDocument = {
      version: 1,
      kind: 'audit_key',
      origin,
      key: nameKey(notary),
    }
    invocation.print(document, () => [nameKey(notary)])
    return exitCodes.ok
  })
}

/** Prints what shows that a record stands in the log; it is for programs, so always as a document. */
export function runAuditProof(
  invocation: Invocation,
  seq: number,
  options: AuditProofOptions,
): Promise<number> {
  return withData(invocation, options, async ({ context: { database, notary } }) => {
    const proof = await proveRecord(database, notary, { seq, size: options.size ?? null })
    const document: AuditProofDocument = {
      version: 1,
      kind: 'audit_proof',
      seq,
      size: proof.size,
      entry: formatEntry(proof.record),
      leaf: proof.record.leaf,
      hashes: proof.hashes.map(notary.encodeBase64),
      root: notary.encodeBase64(proof.root),
    }
    invocation.print(document, () => [JSON.stringify(document, null, 2)])
    return exitCodes.ok
  })
}

const nameKey = (notary: Notary) =>
  formatKey(notary, { name: notary.origin, publicKey: notary.publicKey })
