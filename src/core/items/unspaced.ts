/** Particles behind a phrase: phrases with one stand in any order in front of their verb. */
const particle =
  /^(?:は|が|を|に|へ|で|と|から|まで|より|も|には|では|とは|からは|までに|にも|でも|へは)$/
const polite = /(?:です|である|だ)$/
/** The same verb said politely. */
const politeVerbs: readonly (readonly [RegExp, string])[] = [
  [/しました$/, 'した'],
  [/します$/, 'する'],
  [/しません$/, 'しない'],
  [/ありました$/, 'あった'],
  [/あります$/, 'ある'],
  [/なりました$/, 'なった'],
  [/なります$/, 'なる'],
  [/できました$/, 'できた'],
  [/できます$/, 'できる'],
]
const marker = /^\s*(?:[-*+]|\d+[.)])\s+/
/**
 * What a text in a script without spaces says, as one string to compare: its phrases, of which those in front
 * of one verb are sorted. What belongs to a noun ("東京の") stays with it; polite endings say nothing.
 */
export function readUnspaced(text: string): string {
  const segments: string[] = []
  let phrases: string[] = []
  const close = (verb: string) => {
    segments.push([...phrases.toSorted(), verb].join(' '))
    phrases = []
  }
  for (const phrase of listPhrases(text.normalize('NFKC').replace(marker, ''))) {
    const tail = /\p{Script=Hiragana}*$/u.exec(phrase)?.[0] ?? ''
    if (particle.test(tail) && phrase !== tail) phrases.push(phrase)
    else close(toPlain(phrase))
  }
  if (phrases.length > 0) close('')
  return segments.join('\n')
}

const toPlain = (phrase: string): string =>
  politeVerbs.reduce(
    (text, [ending, plain]) => text.replace(ending, plain),
    phrase.replace(polite, ''),
  )

function listPhrases(text: string): string[] {
  const phrases: string[] = []
  let open = ''
  for (const [, word = '', tail = '', mark = ''] of text.matchAll(
    /([^\p{Script=Hiragana}\s、。]*)(\p{Script=Hiragana}*)([\s、。]*)/gu,
  )) {
    const phrase = open + word + tail
    if (phrase === '') continue
    // What の ends belongs to the noun behind it.
    if (tail.endsWith('の') && mark === '') {
      open = phrase
      continue
    }
    open = ''
    phrases.push(phrase)
  }
  return open === '' ? phrases : [...phrases, open]
}
