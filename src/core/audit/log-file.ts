import canonicalize from 'canonicalize'
import { fromHex, toHex } from './hex.ts'

/**
 * An exported log: a head, then a line for each record, every line with its line feed. All of it is canonical
 * JSON, so that no byte of the file could be another and mean the same.
 */
export interface LogHead {
  readonly origin: string
  /** The seq of the first record in the file. */
  readonly from: number
  /** Hashes of the full subtrees of the records before, largest first: none when `from` is 1. */
  readonly before: readonly Uint8Array[]
}

export function formatHead({ origin, from, before }: LogHead): string {
  return canonicalize({
    kind: 'lucidream_audit_log',
    version: 1,
    origin,
    from,
    before: before.map(toHex),
  }) as string
}

/** Null when it is no head of this version. */
export function parseHead(line: string): LogHead | null {
  const json = readJson(line)
  if (json === null) return null
  const { origin, from, before } = json
  const wellFormed =
    typeof origin === 'string' &&
    Number.isSafeInteger(from) &&
    Array.isArray(before) &&
    before.every((one) => typeof one === 'string' && /^[0-9a-f]{64}$/.test(one))
  if (!wellFormed) return null
  const head = { origin, from: from as number, before: (before as string[]).map(fromHex) }
  return head.from > 0 && formatHead(head) === line ? head : null
}

/** `entry` is canonical JSON, and so is the whole. */
export const formatLine = (entry: string, leaf: string) => `{"entry":${entry},"leaf":"${leaf}"}`

export interface LogLine {
  readonly entry: string
  readonly leaf: string
  readonly seq: number
}

const opening = '{"entry":'
/** From the end of the entry to that of the line. */
const closing = /^,"leaf":"([0-9a-f]{64})"\}$/
const closingLength = 9 + 64 + 2

/** Null when it is no line of a log. Only the leaf says whether the entry is as it was. */
export function parseLine(line: string): LogLine | null {
  const leaf = closing.exec(line.slice(-closingLength))?.[1]
  if (leaf === undefined || !line.startsWith(opening)) return null
  const entry = line.slice(opening.length, -closingLength)
  const seq = readJson(entry)?.seq
  return Number.isSafeInteger(seq) ? { entry, leaf, seq: seq as number } : null
}

function readJson(text: string): Record<string, unknown> | null {
  try {
    const json: unknown = JSON.parse(text)
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : null
  } catch {
    return null
  }
}
