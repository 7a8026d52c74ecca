/** BM25 (k1 1.2, b 0.75) over lines; indices of the best for a query, best first. */
export function makeSearch(lines: readonly string[]): (query: string, count: number) => number[] {
  const tokens = lines.map(tokenise)
  const postings = new Map<string, Map<number, number>>()
  tokens.forEach((list, at) => {
    for (const token of list) {
      const posting = postings.get(token) ?? new Map<number, number>()
      postings.set(token, posting.set(at, (posting.get(at) ?? 0) + 1))
    }
  })
  const average = tokens.reduce((sum, list) => sum + list.length, 0) / lines.length
  return (query, count) => {
    const scores = new Map<number, number>()
    for (const token of new Set(tokenise(query))) {
      const posting = postings.get(token)
      if (!posting) continue
      const weight = Math.log(1 + (lines.length - posting.size + 0.5) / (posting.size + 0.5))
      for (const [at, often] of posting) {
        const length = (tokens[at]?.length ?? 0) / average
        const score = (weight * often * 2.2) / (often + 1.2 * (0.25 + 0.75 * length))
        scores.set(at, (scores.get(at) ?? 0) + score)
      }
    }
    const ranked = [...scores].toSorted(([a, x], [b, y]) => y - x || a - b)
    return ranked.slice(0, count).map(([at]) => at)
  }
}

const tokenise = (text: string): readonly string[] =>
  text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
