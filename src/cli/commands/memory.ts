import type {
  MemoriesDocument,
  MemoryDiffDocument,
  MemoryDocumentJson,
} from '../../contract/memory.ts'
import type { MemoryStoreId } from '../../core/ids.ts'
import type { Memory } from '../../core/memory.ts'
import { renderPatch } from '../../pipeline/proposal-folder.ts'
import type { Reader } from '../../storage/database.ts'
import { getMemoryByPath, listMemories } from '../../storage/memories.ts'
import { exitCodes } from '../exit-codes.ts'
import { type GlobalOptions, type Invocation, withData } from '../invocation.ts'
import { findNamedDream } from '../latest-dream.ts'
import { layTable, showForeign } from '../text.ts'

export interface MemoryOptions extends GlobalOptions {
  readonly dream?: string
  /** The store as the dream would make it, not as it was read. */
  readonly proposed?: boolean
}

export function runMemoryList(invocation: Invocation, options: MemoryOptions): Promise<number> {
  return withData(invocation, options, async ({ context }) => {
    const { storeId, memories } = await context.database.read(async (reader) => {
      const store = await chooseStore(reader, options)
      return { storeId: store, memories: await listMemories(reader, store) }
    })
    const document: MemoriesDocument = {
      version: 1,
      kind: 'memories',
      memory_store_id: storeId,
      data: memories.map(summarise),
    }
    invocation.print(document, () =>
      memories.length === 0
        ? ['The memory store is empty.']
        : layTable(
            document.data.map((one) => [
              showForeign(one.path),
              one.content_size_bytes,
              one.memory_version_id,
            ]),
          ),
    )
    return exitCodes.ok
  })
}

export function runMemoryCat(
  invocation: Invocation,
  path: string,
  options: MemoryOptions,
): Promise<number> {
  return withData(invocation, options, async ({ context }) => {
    const wanted = path.startsWith('/') ? path : `/${path}`
    const memory = await context.database.read(async (reader) =>
      getMemoryByPath(reader, { storeId: await chooseStore(reader, options), path: wanted }),
    )
    const document: MemoryDocumentJson = {
      version: 1,
      kind: 'memory',
      memory_store_id: memory.storeId,
      memory: { ...summarise(memory), content: memory.content },
    }
    invocation.print(document, () => memory.content.replace(/\n$/, '').split('\n').map(showForeign))
    return exitCodes.ok
  })
}

/** What the dream would change, as a unified diff. */
export function runMemoryDiff(invocation: Invocation, options: MemoryOptions): Promise<number> {
  return withData(invocation, options, async ({ context }) => {
    const { dream, before, after } = await context.database.read(async (reader) => {
      const named = await findNamedDream(reader, options.dream)
      const output = named.outputStoreId ?? named.inputStoreId
      return {
        dream: named,
        before: await listMemories(reader, named.inputStoreId),
        after: await listMemories(reader, output),
      }
    })
    const diff = renderPatch({ before, after })
    const document: MemoryDiffDocument = {
      version: 1,
      kind: 'memory_diff',
      dream_id: dream.id,
      diff,
    }
    invocation.print(document, () => renderDiff(diff, invocation))
    return exitCodes.ok
  })
}

async function chooseStore(reader: Reader, options: MemoryOptions): Promise<MemoryStoreId> {
  const dream = await findNamedDream(reader, options.dream)
  return options.proposed === true
    ? (dream.outputStoreId ?? dream.inputStoreId)
    : dream.inputStoreId
}

function summarise(memory: Memory) {
  return {
    path: memory.path,
    memory_id: memory.id,
    memory_version_id: memory.versionId,
    content_sha256: memory.contentSha256,
    content_size_bytes: Buffer.byteLength(memory.content),
  }
}

function renderDiff(diff: string, { colours }: Invocation): string[] {
  if (diff === '') return ['No difference.']
  return diff
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => {
      const shown = showForeign(line)
      if (/^(?:---|\+\+\+) /.test(line)) return colours.bold(shown)
      if (line.startsWith('+')) return colours.green(shown)
      return line.startsWith('-') ? colours.red(shown) : shown
    })
}
