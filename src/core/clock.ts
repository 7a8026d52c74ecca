/** Milliseconds since 1970-01-01T00:00:00Z. Only the edges of the program make one. */
export type Clock = () => number

/** RFC 3339 in UTC with milliseconds; such texts sort as the times do. */
export function toTimestamp(ms: number): string {
  return new Date(ms).toISOString()
}
