import { addedText } from '../facts.ts'
import type { UnicodeKind } from '../policy.ts'
import { type Gate, none, stop } from './gate.ts'

/** Characters that turn, hide or smuggle text. */
const kinds: Readonly<Record<UnicodeKind, RegExp>> = {
  bidi: /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u,
  'zero-width': /\u034f|[\u00ad\u180e\u200b-\u200d\u2060-\u2064\ufeff]/u,
  'tag-characters': /[\u{e0000}-\u{e007f}]/u,
}

export const unicode: Gate = {
  rule: 'content.unicode',
  judge({ content }, judged) {
    const text = addedText(judged)
    const hits = content.unicode.forbid.filter((kind) => kinds[kind].test(text))
    return hits.length === 0
      ? none
      : stop(content.unicode.onMatch, { value: hits.join(', '), limit: 'none of them' })
  },
}
