import { open, readFile, stat } from 'node:fs/promises'
import type { AuditVerificationDocument } from '../../contract/audit.ts'
import type { Checkpoint } from '../../core/audit/checkpoint.ts'
import { LogCheck, type LogFault } from '../../core/audit/log-check.ts'
import { type NamedKey, openCheckpoint, parseKey } from '../../core/audit/notary.ts'
import { DomainError } from '../../core/errors.ts'
import { exitCodes } from '../exit-codes.ts'
import type { GlobalOptions, Invocation } from '../invocation.ts'
import { showForeign } from '../text.ts'

export interface AuditVerifyOptions extends GlobalOptions {
  readonly checkpoint: string
  readonly key: string
  readonly oldCheckpoint?: string
}

/** Needs the files and the key alone: no database, no server. Exit code 1 when anything is not as it was. */
export async function runAuditVerify(
  invocation: Invocation,
  log: string,
  options: AuditVerifyOptions,
): Promise<number> {
  const document = await verify(invocation, log, options)
  invocation.print(document, () => explain(document))
  return document.ok ? exitCodes.ok : exitCodes.failed
}

async function verify(
  { surroundings: { sealTools: tools } }: Invocation,
  log: string,
  options: AuditVerifyOptions,
): Promise<AuditVerificationDocument> {
  const key = parseKey(tools, await readKey(options.key))
  const faults: LogFault[] = []
  const read = async (path: string, place: LogFault['place']): Promise<Checkpoint | null> => {
    const note = await readSmall(path)
    try {
      return openCheckpoint(tools, note, key)
    } catch (error) {
      if (!(error instanceof DomainError)) throw error
      faults.push({ place, line: null, seq: null, message: error.message })
      return null
    }
  }
  const checkpoint = await read(options.checkpoint, 'checkpoint')
  const { oldCheckpoint: oldPath } = options
  const oldCheckpoint = oldPath === undefined ? null : await read(oldPath, 'old checkpoint')
  if (checkpoint === null || faults.length > 0) return report(key, null, faults)
  const check = new LogCheck({ tools, checkpoint, oldCheckpoint })
  const fault = await checkFile(log, check)
  const proven = fault ? 0 : checkpoint.size - check.from + 1
  return report(key, { check, proven }, fault ? [fault] : [])
}

function report(
  { name }: NamedKey,
  read: { readonly check: LogCheck; readonly proven: number } | null,
  faults: readonly LogFault[],
): AuditVerificationDocument {
  return {
    version: 1,
    kind: 'audit_verification',
    ok: faults.length === 0,
    origin: name,
    from: read?.check.from ?? null,
    to: read?.check.size ?? null,
    proven: read?.proven ?? 0,
    faults: faults.map((fault) => ({ ...fault })),
  }
}

function explain({ ok, origin, from, to, proven, faults }: AuditVerificationDocument): string[] {
  if (!ok) {
    return faults.map(({ place, line, seq, message }) => {
      const at = [line === null ? '' : `, line ${line}`, seq === null ? '' : `, record ${seq}`]
      return `FAILED ${place}${at.join('')}: ${showForeign(message)}`
    })
  }
  const later = (to ?? 0) - (from ?? 1) + 1 - proven
  const more =
    later > 0 ? [`${later} newer records hang together, and no checkpoint speaks of them yet.`] : []
  return [
    `ok: ${proven} records of ${origin}, from ${from} on, are what the checkpoint says.`,
    ...more,
  ]
}

type Decoder = InstanceType<typeof TextDecoder>
const newLine = 10
const chunkBytes = 1 << 20
/** An entry has some hundred bytes; names in it have limits of their own. */
const longestLine = 1 << 20

/** A file with a fault is read no further. */
async function checkFile(path: string, check: LogCheck): Promise<LogFault | null> {
  const file = await open(path).catch(refuseUnreadable(path))
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let rest = Buffer.alloc(0)
  try {
    for (;;) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(chunkBytes))
      if (bytesRead === 0) break
      const bytes = Buffer.concat([rest, buffer.subarray(0, bytesRead)])
      const end = bytes.lastIndexOf(newLine) + 1
      const fault = takeLines(bytes.subarray(0, end), decoder, check)
      if (fault) return fault
      rest = bytes.subarray(end)
      if (rest.length > longestLine) break
    }
  } finally {
    await file.close()
  }
  return rest.length > 0 ? check.refuse('the line does not end') : check.end()
}

function takeLines(bytes: Buffer, decoder: Decoder, check: LogCheck): LogFault | null {
  for (let from = 0; from < bytes.length; ) {
    const to = bytes.indexOf(newLine, from)
    const fault = takeLine(bytes.subarray(from, to), decoder, check)
    if (fault) return fault
    from = to + 1
  }
  return null
}

function takeLine(bytes: Buffer, decoder: Decoder, check: LogCheck): LogFault | null {
  let line: string
  try {
    line = decoder.decode(bytes)
  } catch {
    return check.refuse('the line is not UTF-8')
  }
  return check.take(line)
}

/** A key is given as it is, or as the name of a file that holds it. */
async function readKey(given: string): Promise<string> {
  return given.includes('+') ? given : readSmall(given)
}

const mostBytes = 65_536

async function readSmall(path: string): Promise<string> {
  const { size } = await stat(path).catch(refuseUnreadable(path))
  if (size > mostBytes) {
    throw new DomainError('file_too_large', `${path} has ${size} bytes; at most ${mostBytes}.`)
  }
  return readFile(path, 'utf8').catch(refuseUnreadable(path))
}

const refuseUnreadable = (path: string) => (cause: NodeJS.ErrnoException) => {
  throw new DomainError('not_found', `${path} cannot be read (${cause.message}).`, { cause })
}
