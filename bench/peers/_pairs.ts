import { plantStore } from '../_planted-store.ts'

export interface LabelledPair {
  readonly a: string
  readonly b: string
  readonly label: 'duplicate' | 'different' | 'contradiction'
}

/** Planted pairs of both splits, the same number of each label: paraphrases, near misses, other values. */
export function listPairs(each: number): LabelledPair[] {
  const pairs: LabelledPair[] = []
  for (let seed = 1; pairs.length < each * 6 && seed < 20; seed += 1) {
    for (const split of ['tune', 'test'] as const) {
      const { lines } = plantStore(seed, split)
      for (const [at, line] of lines.entries()) {
        const next = lines[at + 1]
        if (!next || line.text === next.text) continue
        const [a, b] = [line.text, next.text]
        if (line.role === 'duplicate' && next.fact === line.fact)
          pairs.push({ a, b, label: 'duplicate' })
        else if (line.role === 'conflict' && next.fact === line.fact)
          pairs.push({ a, b, label: 'contradiction' })
        else if (
          line.role === 'hard_negative' &&
          next.role === 'hard_negative' &&
          next.fact === line.fact + 1
        ) {
          pairs.push({ a, b, label: 'different' })
        }
      }
    }
  }
  return (['duplicate', 'different', 'contradiction'] as const).flatMap((label) =>
    pairs.filter((pair) => pair.label === label).slice(0, each),
  )
}
