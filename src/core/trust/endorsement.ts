import type { Actor } from '../audit/record.ts'
import { DomainError } from '../errors.ts'
import type { Hash } from '../ids.ts'
import { isBelow, type Taint } from './taint.ts'

/** A named person's word that a text may be trusted more than where it came from. */
export interface Endorsement {
  readonly actor: Actor
  /** Who read the text, by name: a key says nothing about that. */
  readonly person: string
  readonly from: Taint
  readonly to: Taint
}

/** A person at the command line, or whoever holds a key for reviews. */
const mayEndorse: ReadonlySet<Actor['type']> = new Set(['user', 'api_key'])

/**
 * The only thing that raises a taint. Services, sessions, imports and dreams never endorse. Whoever calls this
 * records it in the audit log.
 */
export function endorse(given: Endorsement): Endorsement {
  const { actor, person, from, to } = given
  if (!mayEndorse.has(actor.type) || person.trim() === '') {
    throw new DomainError(
      'forbidden',
      `Only a named person endorses a text; ${actor.type} ${actor.id} is none.`,
    )
  }
  if (!isBelow(from, to)) {
    throw new DomainError(
      'invalid_argument',
      `taint: the text is ${from} already; ${to} is no more than that.`,
    )
  }
  return given
}

/** What an endorsement is bound to: hashes alone, so that erasing the text leaves no copy of it. */
export interface EndorsedText {
  /** Whether it is for the memory as a whole: then any change of it ends the endorsement. */
  readonly whole: boolean
  readonly contentSha256: string
  /** Of each line that is not blank. */
  readonly lines: readonly string[]
}

/** Binds to the whole content, or to whole lines of it; null where the text is not made of lines that stand there. */
export function bindText(content: string, text: string | null, hash: Hash): EndorsedText | null {
  const standing = new Set(linesOf(content))
  const wanted = text === null ? [...standing] : linesOf(text)
  if (wanted.length === 0 || wanted.some((line) => !standing.has(line))) return null
  return {
    whole: text === null,
    contentSha256: hash(content),
    lines: [...new Set(wanted)].map((line) => hash(line)),
  }
}

/** The endorsed lines of a content, or null when the endorsement does not hold for it any more. */
export function findEndorsed(
  content: string,
  { whole, contentSha256, lines }: EndorsedText,
  hash: Hash,
): string[] | null {
  if (whole && hash(content) !== contentSha256) return null
  const wanted = new Set(lines)
  const found = [...new Set(linesOf(content))].filter((line) => wanted.has(hash(line)))
  return found.length === wanted.size ? found : null
}

const linesOf = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line.trim() !== '')
