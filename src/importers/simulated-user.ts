/** Control words of the tau simulators' users: they end a conversation and are nobody's words. */
const controlWords = /###(?:STOP|TRANSFER|OUT-OF-SCOPE)###/g

export interface Utterance {
  /** What the simulated user said, without control words; empty when there was nothing else. */
  readonly text: string
  readonly stops: boolean
}

export function readUtterance(content: string): Utterance {
  const text = content.replace(controlWords, '').trimEnd()
  return {
    text: text.length === content.length ? content : text,
    stops: text !== content.trimEnd(),
  }
}

/** `gpt-4o-airline.json.gz` → `gpt-4o-airline`. */
export function baseName(path: string): string {
  return (path.split(/[\\/]/).at(-1) ?? path).replace(/\.gz$/, '').replace(/\.jsonl?$/, '')
}

export function cutTitle(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length <= 80 ? line : `${line.slice(0, 79)}…`
}
