import type { z } from 'zod'
import { storeManifest } from '../../contract/lucid/store-manifest.ts'
import { DomainError } from '../../core/errors.ts'
import { hasText, type StateEntry, type WantedText } from '../../core/store-state.ts'
import type { MemoryStore } from '../../storage/memory-stores.ts'

interface Exported {
  readonly store: MemoryStore
  readonly at: string
  readonly entries: readonly StateEntry[]
}

/** What an export holds, for people and for the check when it comes back. */
export function renderManifest({ store, at, entries }: Exported): string {
  const manifest: z.input<typeof storeManifest> = {
    format: 'lucidream-memory-store/1',
    at,
    memory_store: {
      id: store.id,
      name: store.name,
      description: store.description,
      metadata: { ...store.metadata },
    },
    memories: entries.filter(hasText).map((entry) => ({
      path: entry.path,
      memory_id: entry.memoryId,
      memory_version_id: entry.versionId,
      content_sha256: entry.contentSha256,
      content_size_bytes: entry.contentSizeBytes ?? 0,
    })),
    redacted: entries.flatMap((entry) => (hasText(entry) ? [] : [entry.versionId])),
  }
  return `${JSON.stringify(manifest, null, 2)}\n`
}

/** The files must be those that the manifest names, byte for byte. */
export function checkManifest(text: string, files: readonly WantedText[]): void {
  const { memories } = parse(text)
  const named = new Map(memories.map((one) => [one.path, one.content_sha256]))
  for (const { path, contentSha256 } of files) {
    const expected = named.get(path)
    if (expected === undefined) throw refuse(`it does not name ${path}, which the tar has`)
    if (expected !== contentSha256) throw refuse(`${path} is not the text that it names`)
    named.delete(path)
  }
  const [missing] = named.keys()
  if (missing !== undefined) throw refuse(`it names ${missing}, which the tar does not have`)
}

function parse(text: string) {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw refuse('it is no JSON')
  }
  const parsed = storeManifest.safeParse(json)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw refuse(`${issue?.path.join('.') || 'it'}: ${issue?.message ?? 'unknown form'}`)
}

const refuse = (why: string) =>
  new DomainError(
    'invalid_argument',
    `The manifest of the tar is refused and nothing was written: ${why}. Export again, or leave manifest.json out.`,
  )
