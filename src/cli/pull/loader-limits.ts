import { utf8Length } from '../../core/utf8-length.ts'

interface LoaderLimit {
  readonly lines: number
  readonly bytes: number
  readonly who: string
}

const unlimited = Number.POSITIVE_INFINITY

/** What harnesses load of a file by its name; behind that it is not there for the agent. */
const limits: Readonly<Record<string, LoaderLimit>> = {
  'MEMORY.md': { lines: 200, bytes: 25 * 1_024, who: 'Claude Code' },
  'CLAUDE.md': { lines: 200, bytes: unlimited, who: 'Claude Code (advised)' },
  'AGENTS.md': { lines: unlimited, bytes: 32 * 1_024, who: 'Codex' },
}

/** One sentence on what of the file is not loaded, or null. */
export function findOverflow(path: string, content: string): string | null {
  const limit = limits[path.split('/').at(-1) ?? '']
  if (!limit) return null
  const lines = content.replace(/\n$/, '').split('\n')
  let bytes = 0
  const first = lines.findIndex((line, at) => {
    bytes += utf8Length(line) + 1
    return at >= limit.lines || bytes > limit.bytes
  })
  if (first === -1) return null
  const cut = lines.slice(first)
  const heading =
    cut.find((line) => /^#{1,6} /.test(line)) ?? cut.find((line) => line.trim() !== '')
  const most = limit.lines === unlimited ? `${limit.bytes} bytes` : `${limit.lines} lines`
  return `${path}: ${limit.who} loads ${most}${limit.lines !== unlimited && limit.bytes !== unlimited ? ` or ${limit.bytes} bytes` : ''}; ${cut.length} of ${lines.length} lines do not fit, from "${(heading ?? '').slice(0, 80)}" on`
}
