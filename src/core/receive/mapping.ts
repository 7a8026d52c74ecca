import type { SenderKind } from './scheme.ts'
import type { Headers } from './signature.ts'

/** The two expressions of a source. */
export interface Expressions {
  /** JSONata. */
  readonly mapping: string
  /** CEL; null: every delivery is mapped. */
  readonly condition: string | null
}

/** One delivery to be mapped: plain data, as it is sent to the process that maps. */
export interface MappingTask extends Expressions {
  readonly event: string
  readonly headers: Headers
  /** The body as it came. */
  readonly body: Uint8Array
  /** Milliseconds since the epoch: what the mapping's `$now()` and `$millis()` say. */
  readonly receivedAt: number
}

/** One signal, as a mapping says it. */
export interface MappedSignal {
  readonly kind: string
  /** From 0 to 1. */
  readonly value: number | null
  readonly success: boolean | null
  readonly components: Readonly<Record<string, number | string | boolean | null>>
  readonly decidedAt: string | null
  readonly principal: string | null
  readonly subjects: readonly { readonly type: string; readonly value: string }[]
  readonly explanation: string | null
  readonly sessionId: string | null
  readonly final: boolean | null
}

/** What a delivery means: signals, a reason to have none, or what is wrong with it or with the expressions. */
export type Mapped =
  | { readonly type: 'signals'; readonly signals: readonly MappedSignal[] }
  | { readonly type: 'ignored'; readonly reason: string }
  | { readonly type: 'failed'; readonly reason: string }

/** Runs the expressions of administrators over what strangers sent. */
export interface Mapper {
  /** Whatever the expressions do, an answer within seconds. Never throws. */
  map(task: MappingTask): Promise<Mapped>
  /** Why the expressions cannot be used, or null. */
  findFault(expressions: Expressions): Promise<string | null>
  /** The mapping that comes with a provider, for users to copy; null where none does. */
  findBuiltIn(provider: SenderKind): string | null
  close(): Promise<void>
}
