import { RE2JS } from 're2js'

/**
 * As much of a RegExp as JSONata uses of one, in time linear in the text. It is made of the RegExp that
 * JSONata's parser made, whose own engine never runs. Throws where RE2 has no such thing (look-around,
 * back-references).
 */
export class Re2Regexp {
  lastIndex = 0
  readonly #pattern: RE2JS

  constructor({ source, flags }: { readonly source: string; readonly flags: string }) {
    const caseless = flags.includes('i') ? RE2JS.CASE_INSENSITIVE : 0
    const lines = flags.includes('m') ? RE2JS.MULTILINE : 0
    this.#pattern = RE2JS.compile(source, caseless | lines)
  }

  exec(text: string): ((string | undefined)[] & { index: number }) | null {
    const matcher = this.#pattern.matcher(text)
    if (this.lastIndex > text.length || !matcher.find(this.lastIndex)) {
      this.lastIndex = 0
      return null
    }
    const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, at) => matcher.group(at))
    this.lastIndex = matcher.end()
    // A group that took no part is undefined in a RegExp, and JSONata takes it as nothing.
    return Object.assign(
      groups.map((group) => group ?? undefined),
      { index: matcher.start() },
    )
  }
}
