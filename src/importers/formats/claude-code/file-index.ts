import type { JsonObject } from '../../../core/session.ts'
import type { ImportItem, Source } from '../../importer.ts'
import { asNumber, asObject, asString, asTimestamp } from '../../shape.ts'
import { baseName, cutTitle } from '../../simulated-user.ts'
import { parentOf, readRecords, trailingUuid } from './records.ts'
import { isPrompt, promptTexts } from './words.ts'

/** What must be known of a file before its first event: who refers to whom, and how the session is called. */
export interface FileIndex {
  readonly records: number
  /** `claude-code:<uuid>`, with the agent's id behind it where the whole file is a sub-agent's. */
  readonly key: string
  readonly sidechainFile: boolean
  readonly title: string | null
  readonly version: string | null
  readonly model: string | null
  readonly labels: Readonly<Record<string, string>>
  readonly startedAt: string | null
  readonly endedAt: string | null
  /** Every uuid of the file: a parent that is not among them will never come. */
  readonly uuids: ReadonlySet<string>
  /** Records that the user rewound past. */
  readonly abandoned: ReadonlySet<string>
  /** Ordinal of the last record of each API message: its usage is counted there. */
  readonly lastOfMessage: ReadonlyMap<string, number>
  /** What was typed as prompts, so that a queued prompt is not counted twice. */
  readonly prompts: ReadonlySet<string>
  readonly notes: readonly ImportItem[]
}

export async function indexFile(source: Source): Promise<FileIndex> {
  const indexer = new Indexer(source)
  for await (const found of readRecords(source)) {
    if ('note' in found) indexer.note(found.note)
    else indexer.add(found.record)
  }
  return indexer.finish()
}

/** A session may read several stores; more are not linked. */
const mostExposures = 16

class Indexer {
  readonly #source: Source
  readonly #notes = new Map<string, Extract<ImportItem, { type: 'skipped' }>>()
  readonly #children = new Map<string, string[]>()
  readonly #forks = new Map<string, string[]>()
  readonly #uuids = new Set<string>()
  readonly #lastOfMessage = new Map<string, number>()
  readonly #prompts = new Set<string>()
  readonly #sessionIds = new Map<string, number>()
  readonly #models = new Map<string, number>()
  readonly #labels: Record<string, string> = {}
  readonly #exposures = new Set<string>()
  #records = 0
  #sidechain = 0
  #spoken = 0
  #agentId: string | null = null
  #named: string | null = null
  #firstPrompt: string | null = null
  #version: string | null = null
  #startedAt: string | null = null
  #endedAt: string | null = null

  constructor(source: Source) {
    this.#source = source
  }

  note(note: Extract<ImportItem, { type: 'skipped' }>): void {
    const count = (this.#notes.get(note.reason)?.count ?? 0) + note.count
    this.#notes.set(note.reason, { ...note, count })
  }

  add(record: JsonObject): void {
    const ordinal = this.#records
    this.#records += 1
    this.#addToTree(record)
    this.#addFacts(record)
    this.#addLabels(record)
    const message = asObject(record.message)
    const messageId = asString(message?.id)
    if (record.type === 'assistant' && messageId !== null && record.isSidechain !== true) {
      this.#lastOfMessage.set(messageId, ordinal)
    }
    const model = asString(message?.model)
    if (model !== null && model !== '<synthetic>') {
      this.#models.set(model, (this.#models.get(model) ?? 0) + 1)
    }
  }

  finish(): FileIndex {
    const sidechainFile = this.#spoken > 0 && this.#sidechain === this.#spoken
    const base = baseName(this.#source.path)
    const id = trailingUuid(base) ?? mostFrequent(this.#sessionIds) ?? base
    const agent = sidechainFile ? `:${this.#agentId ?? base}` : ''
    return {
      records: this.#records,
      key: `claude-code:${sidechainFile ? (mostFrequent(this.#sessionIds) ?? id) : id}${agent}`,
      sidechainFile,
      title: this.#named ?? this.#firstPrompt,
      version: this.#version,
      model: mostFrequent(this.#models),
      labels: this.#labelsWith(sidechainFile),
      startedAt: this.#startedAt,
      endedAt: this.#endedAt,
      uuids: this.#uuids,
      abandoned: this.#findAbandoned(),
      lastOfMessage: this.#lastOfMessage,
      prompts: this.#prompts,
      notes: [...this.#notes.values()],
    }
  }

  #addToTree(record: JsonObject): void {
    const uuid = asString(record.uuid)
    if (uuid === null) return
    this.#uuids.add(uuid)
    const parent = parentOf(record)
    if (parent === null) return
    append(this.#children, parent, uuid)
    if (isPrompt(record)) append(this.#forks, parent, uuid)
  }

  #addFacts(record: JsonObject): void {
    const id = trailingUuid(asString(record.sessionId))
    if (id !== null) this.#sessionIds.set(id, (this.#sessionIds.get(id) ?? 0) + 1)
    if (record.type === 'user' || record.type === 'assistant') {
      this.#spoken += 1
      if (record.isSidechain === true) this.#sidechain += 1
      this.#agentId ??= asString(record.agentId)
    }
    this.#version = asString(record.version) ?? this.#version
    if (isPrompt(record)) {
      for (const text of promptTexts(asObject(record.message)?.content)) {
        this.#prompts.add(this.#source.hash(text.trim()).slice(0, 16))
        this.#firstPrompt ??= cutTitle(text)
      }
    }
    const title =
      asString(record.aiTitle) ?? asString(record.customTitle) ?? asString(record.summary)
    if (title !== null && title !== '') this.#named = cutTitle(title)
    const at = asTimestamp(record.timestamp)
    if (at === null) return
    if (this.#startedAt === null || at < this.#startedAt) this.#startedAt = at
    if (this.#endedAt === null || at > this.#endedAt) this.#endedAt = at
  }

  #addLabels(record: JsonObject): void {
    const branch = asString(record.gitBranch)
    if (branch) this.#labels.git_branch = branch
    const folder = asString(record.cwd)?.split(/[\\/]/).at(-1)
    if (folder) this.#labels.folder = folder
    this.#addExposures(record)
    if (record.type !== 'pr-link') return
    const url = asString(record.prUrl)
    const number = asNumber(record.prNumber)
    // Written again on every resume: the first one is when it was opened.
    if (url !== null) this.#labels.pr_url ??= url
    if (number !== null) this.#labels.pr_number ??= String(number)
  }

  /** `lucidream pull --hook` says in what it prints which exposure it is; nothing else of a transcript may. */
  #addExposures(record: JsonObject): void {
    const attachment = asObject(record.attachment)
    if (record.type !== 'attachment' || attachment?.hookEvent !== 'SessionStart') return
    const said = `${asString(attachment.stdout) ?? ''} ${asString(attachment.content) ?? ''}`
    for (const [, id = ''] of said.matchAll(
      /lucidream\.exposure_id: (expo_[0-9a-zA-Z]{1,64})\b/g,
    )) {
      if (this.#exposures.size < mostExposures) this.#exposures.add(id)
    }
  }

  /** Those of a subagent's own file are its session's. */
  #labelsWith(sidechainFile: boolean): Readonly<Record<string, string>> {
    if (sidechainFile || this.#exposures.size === 0) return this.#labels
    return { ...this.#labels, 'lucidream.exposure_id': [...this.#exposures].join(',') }
  }

  /** Of several prompts under one parent the user went on with the last; the others were rewound. */
  #findAbandoned(): Set<string> {
    const abandoned = new Set<string>()
    const waiting = [...this.#forks.values()].flatMap((prompts) => prompts.slice(0, -1))
    for (let uuid = waiting.pop(); uuid !== undefined; uuid = waiting.pop()) {
      if (abandoned.has(uuid)) continue
      abandoned.add(uuid)
      waiting.push(...(this.#children.get(uuid) ?? []))
    }
    return abandoned
  }
}

function append(lists: Map<string, string[]>, key: string, value: string): void {
  const list = lists.get(key)
  if (list) list.push(value)
  else lists.set(key, [value])
}

/** The first of the most frequent ones. */
function mostFrequent(counts: ReadonlyMap<string, number>): string | null {
  let best: string | null = null
  for (const [value, count] of counts) {
    if (best === null || count > (counts.get(best) ?? 0)) best = value
  }
  return best
}
