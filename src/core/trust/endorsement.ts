import type { Actor } from '../audit/record.ts'
import { DomainError } from '../errors.ts'
import { isBelow, type Taint } from './taint.ts'

/** A named person's word that a text may be trusted more than where it came from. */
export interface Endorsement {
  readonly actor: Actor
  readonly path: string
  readonly text: string
  readonly from: Taint
  readonly to: Taint
}

/**
 * The only thing that raises a taint. Programs, sessions and dreams never endorse: a key says nothing about
 * who read the text. Whoever calls this records it in the audit log.
 */
export function endorse(given: Endorsement): Endorsement {
  const { actor, from, to } = given
  if (actor.type !== 'user') {
    throw new DomainError(
      'forbidden',
      `Only a named person endorses a text; ${actor.type} ${actor.id} is none.`,
    )
  }
  if (!isBelow(from, to)) {
    throw new DomainError(
      'invalid_argument',
      `The text is ${from} already; ${to} is no more than that.`,
    )
  }
  return given
}
