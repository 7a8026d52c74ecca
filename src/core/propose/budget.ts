import { memoryLimits } from '../memory.ts'
import { utf8Length } from '../utf8-length.ts'

/** What the loaders of always-loaded files take in; behind it they cut silently. */
const loaders: readonly {
  readonly name: RegExp
  readonly lines?: number
  readonly bytes: number
}[] = [
  { name: /(?:^|\/)(?:CLAUDE|MEMORY)\.md$/, lines: 200, bytes: 25 * 1024 },
  { name: /(?:^|\/)AGENTS(?:\.override)?\.md$/, bytes: 32 * 1024 },
]

/** Why a document of this content would be too much, or null. */
export function findExcess(path: string, content: string): string | null {
  const bytes = utf8Length(content)
  if (bytes > memoryLimits.contentBytes) {
    return `${path} would be ${bytes} bytes; a memory holds at most ${memoryLimits.contentBytes}`
  }
  const loader = loaders.find(({ name }) => name.test(path))
  if (!loader) return null
  const lines = content.split('\n').length
  if (loader.lines !== undefined && lines > loader.lines) {
    return `${path} would be ${lines} lines; its loader reads at most ${loader.lines}`
  }
  return bytes > loader.bytes
    ? `${path} would be ${bytes} bytes; its loader reads at most ${loader.bytes}`
    : null
}
