/** Words of requests in general: they do not tell one kind of request from another. */
const idle = new Set(
  'about again also anything because been before being cannot could does doing done each even ever every from give going have having hello help here hers into just know like look make many more most much need only other over please really said same should since some something still such sure take tell than thank thanks that their them then there these they thing this those time under until upon very want wanted well were what when where which while will wish with within without would your yours able across already appreciate assist assistance available best both currently details first following further good great hope however information issue issues kindly last let maybe might next none okay once possible provide question quite rather ready regarding request right soon today together trying understand using wondering'.split(
    ' ',
  ),
)

const maxText = 4_000
const maxWords = 40
const fewestLetters = 4
const stemFrom = 6

/** Stems of the words that say what a request is about, sorted; ids and numbers are left out. */
export function readIntent(text: string): string[] {
  const words =
    text
      .slice(0, maxText)
      .normalize('NFKC')
      .toLowerCase()
      .match(/\p{L}+/gu) ?? []
  const stems = new Set<string>()
  for (const word of words) {
    if (word.length < fewestLetters || idle.has(word)) continue
    stems.add(stem(word))
    if (stems.size === maxWords) break
  }
  return [...stems].toSorted()
}

/** The commonest endings of English inflection: enough to bring "cancelled" and "cancels" together. */
const stem = (word: string) =>
  word.length < stemFrom ? word : word.replace(/(?:ling|led|ing|ed|s)$/, '')
