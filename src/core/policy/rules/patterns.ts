import { RE2JS } from 're2js'
import { addedText } from '../facts.ts'
import { remember } from '../remember.ts'
import { type Gate, stop } from './gate.ts'

export const patterns: Gate = {
  rule: 'content.patterns',
  judge({ content }, judged) {
    const text = addedText(judged)
    return content.patterns
      .filter(({ re2 }) => matchesText(re2, text))
      .flatMap(({ id, onMatch, message }) => stop(onMatch, { value: id, limit: message }))
  },
}

const compile = remember((re2) => RE2JS.compile(re2))

/** RE2: linear in the text. A pattern that cannot be read any more counts as met. */
function matchesText(re2: string, text: string): boolean {
  try {
    return compile(re2).matcher(text).find()
  } catch {
    return true
  }
}

/** Why the pattern cannot be used, or null. */
export function findPatternFault(re2: string): string | null {
  try {
    RE2JS.compile(re2)
    return null
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause)
  }
}
