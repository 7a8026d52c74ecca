/** More patterns than any set of policies has; beyond that all are made anew. */
const most = 2_000

/**
 * Keeps what a pure function made of a text, since policies ask for the same few patterns for every change.
 * Nobody can tell the difference but by the time.
 */
export function remember<T>(make: (text: string) => T): (text: string) => T {
  const made = new Map<string, T>()
  return (text) => {
    const known = made.get(text)
    if (known !== undefined) return known
    if (made.size >= most) made.clear()
    const value = make(text)
    made.set(text, value)
    return value
  }
}
