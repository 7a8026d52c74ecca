import pc from 'picocolors'

export type Colours = ReturnType<typeof pc.createColors>

/** Colours when they are wanted; otherwise the same functions doing nothing. */
export function makeColours(wanted: 'always' | 'never'): Colours {
  return pc.createColors(wanted === 'always')
}

/**
 * Foreign text for a terminal: control characters and the invisible ones that turn or hide text are written
 * as escapes, so that a transcript cannot speak to the reader's terminal.
 */
export function showForeign(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0
    if (character === '\n') return '⏎'
    return code <= 0xff ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
  })
}

const wide =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Extended_Pictographic}\uff00-\uff60]/u

/** Columns that the text takes on a terminal. */
export function widthOf(text: string): number {
  let width = 0
  for (const character of text) {
    if (!/\p{M}/u.test(character)) width += wide.test(character) ? 2 : 1
  }
  return width
}

export function cutText(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text
  let cut = ''
  let width = 0
  for (const character of text) {
    width += widthOf(character)
    if (width > columns - 1) break
    cut += character
  }
  return `${cut.trimEnd()}…`
}

export interface Wrapping {
  readonly columns: number
  readonly first: string
  readonly rest: string
}

/** Lines of at most `columns`, the first behind `first`, the others behind `rest`; long words are broken. */
export function wrapText(text: string, { columns, first, rest }: Wrapping): string[] {
  const lines: string[] = []
  let line = first
  let empty = true
  for (const word of text.split(' ').flatMap((one) => breakWord(one, columns - widthOf(rest)))) {
    const gap = empty ? '' : ' '
    if (!empty && widthOf(line) + widthOf(gap + word) > columns) {
      lines.push(line)
      line = rest + word
    } else line += gap + word
    empty = false
  }
  return [...lines, line]
}

function breakWord(word: string, columns: number): string[] {
  if (widthOf(word) <= columns) return [word]
  const parts: string[] = []
  let part = ''
  for (const character of word) {
    if (widthOf(part + character) > columns) {
      parts.push(part)
      part = ''
    }
    part += character
  }
  return part === '' ? parts : [...parts, part]
}

/** Columns as wide as their widest cell; numbers stand right. */
export function layTable(rows: readonly (readonly (string | number)[])[]): string[] {
  const widths: number[] = []
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, widthOf(String(cell)))
    })
  }
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const text = String(cell)
        const gap = ' '.repeat((widths[column] ?? 0) - widthOf(text))
        return typeof cell === 'number' ? gap + text : text + gap
      })
      .join('  ')
      .trimEnd(),
  )
}

export function plural(count: number, noun: string): string {
  return `${groupDigits(count)} ${noun}${count === 1 ? '' : 's'}`
}

/** 1234567 → 1 234 567, alike in every locale. */
export function groupDigits(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ' ')
}
