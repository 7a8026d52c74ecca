/** Characters that hide or turn text: controls, zero-width, bidirectional marks, tags. */
const invisible = /[\p{Cc}\p{Cf}\u2028\u2029]/gu

/**
 * Foreign text as data inside a memory: one line in typographic quotation marks, without markup that a
 * reader or a model could take for structure, cut to `max` characters. It can be read, never obeyed as ours.
 */
export function quoteForeign(text: string, max = 160): string {
  const plain = text
    .normalize('NFC')
    .replace(/\s+/g, ' ')
    .replace(invisible, '')
    .replace(/<[^>]{0,200}>/g, ' ')
    .replace(/!?\[([^\]]{0,200})\]\([^)]{0,500}\)/g, '$1')
    .replace(/[`*#|<>[\]]/g, '')
    .replace(/[“”]/g, '"')
    .replace(/\s+/g, ' ')
    .trim()
  const letters = [...plain]
  return `“${
    letters.length <= max
      ? plain
      : `${letters
          .slice(0, max - 1)
          .join('')
          .trimEnd()}…`
  }”`
}

/** A name that sources gave, as one word or a few; without anything that could end the line it stands in. */
export const plainName = (name: string): string =>
  name
    .normalize('NFKC')
    .replace(/[^\p{L}\p{N} _.:/&-]/gu, '')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 60)

/** A tool's name as code; what cannot be part of one is left out. */
export function nameTool(tool: string): string {
  return `\`${tool.replace(/[^\w.:/-]/g, '').slice(0, 80)}\``
}
