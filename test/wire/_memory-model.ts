/** What a memory store has to do, as simply as it can be said: no database, no pages, no requests. */

export interface ModelMemory {
  /** As the server named it. */
  readonly id: string
  path: string
  content: string
  live: boolean
}

export interface ModelVersion {
  readonly memory: ModelMemory
  readonly operation: 'created' | 'modified' | 'deleted'
  readonly path: string
  readonly content: string | null
  redacted: boolean
}

export type Verdict = 'done' | 'invalid' | 'absent' | 'path_conflict' | 'stale'

export type Based = 'on anything' | 'on what is there' | 'on something else'

export class MemoryModel {
  readonly memories: ModelMemory[] = []
  /** Oldest first. */
  readonly versions: ModelVersion[] = []
  readonly #isValid: (text: string) => boolean

  constructor(isValid: (text: string) => boolean) {
    this.#isValid = isValid
  }

  judgeCreate(path: string, content: string): Verdict {
    if (!this.#isValid(path) || !this.#isValid(content)) return 'invalid'
    return this.#overlaps(path) ? 'path_conflict' : 'done'
  }

  create(id: string, path: string, content: string): void {
    const memory = { id, path, content, live: true }
    this.memories.push(memory)
    this.#record(memory, 'created')
  }

  update(
    memory: ModelMemory | undefined,
    given: { readonly path: string | null; readonly content: string | null; readonly based: Based },
  ): Verdict {
    if (!this.#isValid(given.path ?? '/a') || !this.#isValid(given.content ?? '')) return 'invalid'
    if (!memory?.live) return 'absent'
    const path = given.path ?? memory.path
    const content = given.content ?? memory.content
    const same = path === memory.path && content === memory.content
    if (same && given.content !== null) return 'done'
    if (given.based === 'on something else') return 'stale'
    if (same) return 'done'
    if (path !== memory.path && this.#overlaps(path, memory)) return 'path_conflict'
    memory.path = path
    memory.content = content
    this.#record(memory, 'modified')
    return 'done'
  }

  remove(memory: ModelMemory | undefined, based: Based): Verdict {
    if (!memory?.live) return 'absent'
    if (based === 'on something else') return 'stale'
    memory.live = false
    this.#record(memory, 'deleted')
    return 'done'
  }

  redact(version: ModelVersion): Verdict {
    if (version.redacted) return 'done'
    const newest = this.versions.findLast((one) => one.memory === version.memory)
    if (version.memory.live && newest === version) return 'invalid'
    version.redacted = true
    return 'done'
  }

  /** What a listing holds: a path, or a directory that ends with a slash. */
  list(prefix: string, depth: 0 | 1): string[] {
    const below = this.memories
      .filter(({ live, path }) => live && path.startsWith(prefix))
      .map(({ path }) => {
        const [first = '', ...rest] = path.slice(prefix.length).split('/')
        return depth === 1 && rest.length > 0 ? `${prefix}${first}/` : path
      })
    return [...new Set(below)].toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  }

  #overlaps(path: string, self?: ModelMemory): boolean {
    return this.memories.some(
      (one) =>
        one.live &&
        one !== self &&
        (one.path === path || one.path.startsWith(`${path}/`) || path.startsWith(`${one.path}/`)),
    )
  }

  #record(memory: ModelMemory, operation: ModelVersion['operation']): void {
    const { path } = memory
    const content = operation === 'deleted' ? null : memory.content
    this.versions.push({ memory, operation, path, content, redacted: false })
  }
}
