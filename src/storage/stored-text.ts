/**
 * What a plain text column holds of a string: UTF-8 without U+0000, which Postgres cannot store. Half of a
 * surrogate pair and U+0000 become U+FFFD, in both databases alike. JSON text escapes both and loses nothing.
 */
export function toStoredText(text: string): string {
  const whole = text.isWellFormed() ? text : text.toWellFormed()
  return whole.includes('\0') ? whole.replaceAll('\0', '\ufffd') : whole
}
