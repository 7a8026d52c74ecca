import picomatch from 'picomatch/posix.js'
import { remember } from './remember.ts'

/** `*` stays inside a segment, `**` does not, a leading dot is nothing special. */
export function matchesGlob(pattern: string, text: string): boolean {
  return compile(pattern)(text)
}

const compile = remember((pattern) => picomatch(pattern, { dot: true }))

/** Null, or why the pattern cannot be used. */
export function findGlobFault(pattern: string): string | null {
  try {
    picomatch.makeRe(pattern, { dot: true, debug: true })
    return null
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause)
  }
}
