import type { TextDiff } from '../diff/text-diff.ts'

/** A difference in the shape of the contract. */
export function presentTextDiff({ hunks, ...counts }: TextDiff) {
  return {
    ...counts,
    hunks: hunks.map((hunk) => ({
      old_start: hunk.oldStart,
      old_lines: hunk.oldLines,
      new_start: hunk.newStart,
      new_lines: hunk.newLines,
      lines: hunk.lines.map(({ oldLine, newLine, spans, ...line }) => ({
        ...line,
        old_line: oldLine,
        new_line: newLine,
        spans: spans === null ? null : spans.map((span) => ({ ...span })),
      })),
    })),
  }
}
