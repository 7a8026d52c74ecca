import type { Hash, SessionId } from '../core/ids.ts'
import type { OutcomeSignal } from '../core/outcome/signal.ts'
import type { Json, JsonObject, Session, SessionEvent } from '../core/session.ts'

/**
 * One transcript format. `read` turns a file into sessions, event batches and notes on what was left out,
 * in one forward pass with bounded memory (it may open the source again for an index). It never stops at a
 * bad record: it yields a `skipped` note and goes on. It throws a DomainError only when the file as a whole
 * cannot be read on.
 */
export interface Importer {
  readonly format: string
  /** Raised when the same bytes would give other sessions or events: files are then read again. */
  readonly version: number
  /** Decides by content, never by file name. */
  detect(head: Head): boolean
  /** Where this format's outcomes may stand outside of its transcripts. */
  readonly beside?: BesideFile
  read(source: Source): AsyncIterable<ImportItem>
}

/** A file that tells what came of sessions, in the transcript's folder or the one above. */
export interface BesideFile {
  readonly name: string
  /** How a report names a file of this kind that lies among what is imported. */
  readonly format: string
  /** Tells it from other files of that name, by its beginning. */
  readonly detect: (head: Head) => boolean
  /** Pure: what the file's text says of the transcript at `path`. Never throws for foreign text. */
  readonly read: (text: string, path: string) => BesideFacts
}

export interface BesideFacts {
  /** Null where it says nothing of this transcript. The transcript is read again when these change. */
  readonly facts: JsonObject | null
  /** A reason for `skipped`, or null. */
  readonly note: string | null
}

/** The first bytes of a file, decompressed, and what they parse to. */
export interface Head {
  /** At most 256 KiB of text; invalid UTF-8 replaced. */
  readonly text: string
  /** First complete JSON records when the file is JSON lines; empty otherwise. */
  readonly records: readonly Json[]
}

export interface Source {
  /** Path as the user gave it, for messages and session keys (base name only enters keys). */
  readonly path: string
  /** Opens the decompressed bytes from the start; may be called more than once. */
  readonly open: () => AsyncIterable<Uint8Array>
  readonly mask: Mask
  readonly hash: Hash
  readonly limits: ImportLimits
  /** Task ids of this file's source → ids shared by several sources (`lucidream-tasks.json` beside it). */
  readonly taskIds: Readonly<Record<string, string>>
  readonly beside: BesideFacts
}

export interface ImportLimits {
  /** One JSON record (line, or element of the outer array). */
  readonly recordBytes: number
  /** One file after decompression. */
  readonly inflatedBytes: number
  /** Inflated bytes per compressed byte, judged after the first 64 MiB. */
  readonly inflationRatio: number
}

/**
 * Replaces secrets in every string of the records, object keys too; equal secrets get equal placeholders
 * (a keyed hash). Give many records at once: scanning costs far less per byte in large pieces.
 */
export type Mask = (records: readonly Json[]) => Promise<MaskedRecords>

export interface MaskedRecords {
  /** In the order given, same length. */
  readonly records: readonly Json[]
  /** Secrets found, by index of record. */
  readonly secrets: readonly number[]
}

export type ImportItem =
  /** A session begins. Every `events` until its `session_end` belongs to it. */
  | { readonly type: 'session'; readonly session: Session }
  /** Events in `seq` order, with the masked raw records (JSON text) they came from, in ordinal order. */
  | {
      readonly type: 'events'
      readonly sessionId: SessionId
      readonly events: readonly SessionEvent[]
      readonly records: readonly RawRecord[]
      readonly secrets: number
    }
  /** The session as known at its end (title, times, status may have been learnt on the way). */
  | {
      readonly type: 'session_end'
      readonly session: Session
      readonly outcomes: readonly OutcomeSignal[]
    }
  /** Input that became no event. `kept` records are stored raw with their session; `lost` ones could not be. */
  | {
      readonly type: 'skipped'
      readonly reason: string
      readonly count: number
      readonly kept: boolean
    }

export interface RawRecord {
  /** Position in the session's raw records, from 0, without gaps. */
  readonly ordinal: number
  readonly text: string
}
