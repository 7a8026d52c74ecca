/** Participles that no ending shows, and their verbs. */
const irregular: Readonly<Record<string, string>> = {
  begun: 'begin',
  bought: 'buy',
  broken: 'break',
  built: 'build',
  chosen: 'choose',
  done: 'do',
  drawn: 'draw',
  found: 'find',
  given: 'give',
  held: 'hold',
  kept: 'keep',
  known: 'know',
  led: 'lead',
  lost: 'lose',
  made: 'make',
  met: 'meet',
  paid: 'pay',
  put: 'put',
  read: 'read',
  run: 'run',
  seen: 'see',
  sent: 'send',
  set: 'set',
  shown: 'show',
  shut: 'shut',
  sold: 'sell',
  taken: 'take',
  told: 'tell',
  written: 'write',
}

/** Words whose last "s" is no plural, or whose plural is another thing. */
const kept = new Set(
  'arms always besides contents customs damages does earnings economics glasses goods grounds has his its means manners news perhaps physics plus premises quarters savings securities series species spirits terms this thus was whereas'.split(
    ' ',
  ),
)

/** A noun without its plural, a verb without its third person: no other ending comes off. */
export function plainForm(word: string): string {
  if (kept.has(word) || !/^[a-z]{4,}$/.test(word)) return word
  if (word.endsWith('ies') && word.length > 4) return `${word.slice(0, -3)}y`
  if (/(?:ss|sh|ch|x|zz)es$/.test(word)) return word.slice(0, -2)
  return /[^sui]s$/.test(word) ? word.slice(0, -1) : word
}

/** "Is approved", "is leaving": endings that a form of "be" asks for. */
export const isParticiple = (word: string): boolean =>
  /..(?:ed|ing)$/.test(word) || Object.hasOwn(irregular, word)

/** The verbs that a participle may be of: "planned" of "plan", "planed" of "plane" (or "plan"). */
export function listVerbs(participle: string): readonly string[] {
  if (Object.hasOwn(irregular, participle)) return [irregular[participle] ?? participle]
  const stem = participle.replace(/(?:ed|ing)$/, '')
  if (participle.endsWith('ied')) return [`${participle.slice(0, -3)}y`]
  const single = stem.replace(/([bdfglmnprt])\1$/, '$1')
  return single === stem ? [stem, `${stem}e`] : [single, stem]
}
