const reading = new Set(
  'get list search find read view show check look lookup query fetch grep glob ls cat calculate compute think status describe count inspect retrieve webfetch websearch'.split(
    ' ',
  ),
)
const writing = new Set(
  'book update cancel create delete send write edit multiedit modify set add remove transfer exchange return enable disable toggle reset refuel suspend resume pay notebookedit insert move rename'.split(
    ' ',
  ),
)

/**
 * Whether a tool changes the world, by the verb its name begins with; null when the name does not tell.
 * Callers treat null as changing: to call a needed repeat wasted is worse than to miss a wasted one.
 */
export function changesState(tool: string): boolean | null {
  const words = tool
    .replace(/^mcp__\w+?__/, '')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word !== '')
  const first = words[0] ?? ''
  const whole = words.join('')
  if (reading.has(first) || reading.has(whole)) return false
  return writing.has(first) || writing.has(whole) ? true : null
}
