import type { Checkpoint } from './checkpoint.ts'
import { hashEntry } from './entry.ts'
import { cutIntoSubtrees, Frontier } from './frontier.ts'
import { fromHex, toHex } from './hex.ts'
import { type LogHead, parseHead, parseLine } from './log-file.ts'
import { areEqual } from './merkle.ts'
import type { SealTools } from './notary.ts'

/** What is wrong, and where: in a line of the log, with the record that it should hold, or in a checkpoint. */
export interface LogFault {
  readonly place: 'log' | 'checkpoint' | 'old checkpoint'
  readonly line: number | null
  readonly seq: number | null
  readonly message: string
}

export interface LogCheckOptions {
  readonly tools: Pick<SealTools, 'hash' | 'hashText'>
  /** Their signatures were checked. */
  readonly checkpoint: Checkpoint
  readonly oldCheckpoint: Checkpoint | null
}

/**
 * Reads an exported log line by line, without its line feeds, and compares it with checkpoints: `take` answers
 * the first fault, after which nothing that follows can be told.
 */
export class LogCheck {
  readonly #options: LogCheckOptions
  #frontier: Frontier
  #from = 0
  #line = 0
  readonly #seen = new Set<Checkpoint>()

  constructor(options: LogCheckOptions) {
    this.#options = options
    this.#frontier = new Frontier(options.tools.hash)
  }

  /** The seq of the last record read; what the file does not hold counts as read. */
  get size(): number {
    return this.#frontier.size
  }

  /** The seq of the first record of the file; 0 before its head was read. */
  get from(): number {
    return this.#from
  }

  take(line: string): LogFault | null {
    this.#line += 1
    return this.#line === 1 ? this.#takeHead(line) : this.#takeRecord(line)
  }

  /** For a line that cannot even be read. */
  refuse(message: string): LogFault {
    this.#line += 1
    return this.#fault(message, this.#line === 1 ? null : this.size + 1)
  }

  /** What only the end of the file tells. */
  end(): LogFault | null {
    if (this.#line === 0) return this.#fault('the file is empty', null)
    for (const checkpoint of this.#checkpoints()) {
      if (this.#seen.has(checkpoint)) continue
      return this.#fault(
        `the log ends with record ${this.size}, the ${this.#nameOf(checkpoint)} speaks of ${checkpoint.size}: ${checkpoint.size - this.size} records are missing at the end`,
        this.size + 1,
      )
    }
    return null
  }

  #takeHead(line: string): LogFault | null {
    const head = parseHead(line)
    if (head === null) return this.#fault('this is not the head of an exported audit log', null)
    const { checkpoint, tools } = this.#options
    if (head.origin !== checkpoint.origin) {
      return this.#fault(
        `this is the log ${head.origin}, the checkpoint speaks of ${checkpoint.origin}`,
        null,
      )
    }
    if (head.before.length !== cutIntoSubtrees([0, head.from - 1]).length)
      return this.#fault('the head does not say what stood before its first record', null)
    this.#from = head.from
    this.#frontier = new Frontier(tools.hash, head.from - 1, head.before)
    return this.#refuseTooEarly(head) ?? this.#compare()
  }

  #refuseTooEarly({ from }: LogHead): LogFault | null {
    const early = this.#checkpoints().find(({ size }) => size < from - 1)
    if (!early) return null
    return this.#fault(
      `the log begins with record ${from}, too late to say anything of the ${this.#nameOf(early)} over ${early.size}; export it with --from ${early.size + 1} or less`,
      null,
    )
  }

  #takeRecord(line: string): LogFault | null {
    const expected = this.size + 1
    const read = parseLine(line)
    if (read === null) return this.#fault('this is not a line of an audit log', expected)
    const { entry, leaf, seq } = read
    const found = hashEntry(this.#options.tools.hashText, entry)
    if (found !== leaf) {
      return this.#fault(
        `the entry was changed, or its leaf: it hashes to ${found}, and the line says ${leaf}`,
        expected,
      )
    }
    if (seq !== expected) {
      return this.#fault(
        `record ${seq} stands where ${expected} should: records were removed, added or moved`,
        expected,
      )
    }
    this.#frontier.add(fromHex(leaf))
    return this.#compare()
  }

  #compare(): LogFault | null {
    for (const checkpoint of this.#checkpoints()) {
      if (checkpoint.size !== this.size) continue
      const { root } = this.#frontier
      if (!areEqual(root, checkpoint.root)) return this.#rootFault(checkpoint, root)
      this.#seen.add(checkpoint)
    }
    return null
  }

  /** Everything up to the largest checkpoint that agreed is as it was. */
  #rootFault(checkpoint: Checkpoint, root: Uint8Array): LogFault {
    const sound = Math.max(0, ...[...this.#seen].map(({ size }) => size))
    const within = this.size === 0 ? 'there are no records' : `records ${sound + 1} to ${this.size}`
    return {
      ...this.#fault(
        `${within}: at least one is not what it was when the ${this.#nameOf(checkpoint)} was signed; the root is ${toHex(root)}, it says ${toHex(checkpoint.root)}`,
        null,
      ),
      line: null,
    }
  }

  #checkpoints(): Checkpoint[] {
    const { checkpoint, oldCheckpoint } = this.#options
    return oldCheckpoint === null ? [checkpoint] : [oldCheckpoint, checkpoint]
  }

  #nameOf(checkpoint: Checkpoint): LogFault['place'] {
    return checkpoint === this.#options.checkpoint ? 'checkpoint' : 'old checkpoint'
  }

  #fault(message: string, seq: number | null): LogFault {
    return { place: 'log', line: Math.max(1, this.#line), seq, message }
  }
}
