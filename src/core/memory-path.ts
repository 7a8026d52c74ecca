import { memoryLimits } from './memory.ts'
import { utf8Length } from './utf8-length.ts'

/**
 * What keeps a text from being the path of a memory, or null. A path has 1 to 20 segments behind one slash
 * each; paths are compared as they stand, so there is one spelling of each: NFC, no invisible characters.
 */
export function findPathFault(path: string): string | null {
  if (!path.startsWith('/')) return 'the path does not begin with "/"'
  // The bytes come first: what follows is only ever done for a short text.
  if (path.length > memoryLimits.pathBytes || utf8Length(path) > memoryLimits.pathBytes) {
    return `the path is longer than ${memoryLimits.pathBytes} bytes`
  }
  if (!path.isWellFormed()) return 'the path holds half of a surrogate pair'
  const [unseen] = /[\p{Cc}\p{Cf}\u2028\u2029]/u.exec(path) ?? []
  if (unseen !== undefined) {
    return `the path holds ${nameCodePoint(unseen)}: control and format characters and line separators are not allowed`
  }
  if (path.normalize('NFC') !== path) {
    return 'the path is not in Unicode Normalization Form C; normalise it'
  }
  return findSegmentFault(path.split('/').slice(1))
}

/** What keeps a text from being a prefix of paths, or null: `/`, or a path with a slash behind it. */
export function findPrefixFault(prefix: string): string | null {
  if (!prefix.endsWith('/')) return 'the prefix does not end with "/"; it matches whole segments'
  if (prefix === '/') return null
  return findPathFault(prefix.slice(0, -1))?.replace(/^the path/, 'the prefix') ?? null
}

/** `/a/b/c` → `/a`, `/a/b`: where no memory may be when one is at the path. */
export function listAncestors(path: string): string[] {
  const segments = path.split('/').slice(1, -1)
  return segments.map((_, index) => `/${segments.slice(0, index + 1).join('/')}`)
}

/** The first text by code point that is behind everything with this prefix, which ends with a slash. */
export const behindPrefix = (prefix: string): string => `${prefix.slice(0, -1)}0`

/** The directory directly below the prefix that the path lies in, or null where it lies there itself. */
export function findDirectory(prefix: string, path: string): string | null {
  const end = path.indexOf('/', prefix.length)
  return end < 0 ? null : path.slice(0, end + 1)
}

function findSegmentFault(segments: readonly string[]): string | null {
  if (segments.length > memoryLimits.pathSegments) {
    return `the path has ${segments.length} segments, at most ${memoryLimits.pathSegments} are allowed`
  }
  if (segments.includes('')) return 'the path has an empty segment'
  const dots = segments.find((segment) => segment === '.' || segment === '..')
  return dots === undefined ? null : `the path has the segment "${dots}"`
}

const nameCodePoint = (letter: string) =>
  `U+${(letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
