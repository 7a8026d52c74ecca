/** Longest piece of an error that is looked at: what names an error stands at its beginning. */
const maxScanned = 4_000
const maxKept = 300

// biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes of terminals begin with ESC
const ansi = /\u001b\[[0-9;?]*[A-Za-z]/g

/** Endings by which `main.go:45` is a line of a file and not a port of a host. */
const codeEndings =
  'c|cc|cjs|cpp|cs|css|go|h|hpp|html|java|js|json|jsx|kt|lua|md|mjs|php|pl|py|rb|rs|scala|sh|sql|swift|toml|ts|tsx|txt|vue|xml|yaml|yml'

/**
 * Masks in this order; every pattern is linear (no nested quantifiers), because errors are foreign text.
 * Numbers keep the unit that follows, addresses their host, paths their ending, requests their verb.
 */
const masks: readonly (readonly [RegExp, string])[] = [
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<UUID>'],
  [/\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?/g, '<TIME>'],
  [
    /\b(?:(?:mon|tue|wed|thu|fri|sat|sun),? )?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec) {1,2}\d{1,2} \d\d:\d\d:\d\d(?: \d{4})?\b/gi,
    '<TIME>',
  ],
  [/\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?::\d{1,5})?\b/g, '<IP>'],
  [/(?<![\w:])\d{1,2}:\d\d(?::\d\d(?:[.,]\d{1,6})?)?(?![\w:])/g, '<TIME>'],
  [/\b[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]{1,64}/g, '<EMAIL>'],
  [/\b(https?:\/\/[\w.-]{1,253})[^\s"'<>)]*/g, '$1<PATH>'],
  [
    new RegExp(
      String.raw`(?<![\w.\/-])(?:[\w-]{1,63}\.){1,8}(?!(?:${codeEndings}):)[a-z]{2,10}:\d{1,5}\b(?!:)`,
      'gi',
    ),
    '<HOST>',
  ],
  [/(?<![\w<])(?:~|\.{1,2})?(?:\/[\w.@+-]{1,255}){2,}/g, '<PATH>'],
  [/\b0x[0-9a-f]+\b|\b(?=\d*[a-f])(?=[a-f]*\d|[a-f]{8})[0-9a-f]{6,64}\b/gi, '<HEX>'],
  // The verb of a request tells errors apart; the rest of it does not.
  [/["'`](GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) [^"'`\n]{0,200}["'`]/g, '$1 <PATH>'],
  [/"[^"\n]{0,200}"|(?<!\w)'[^'\n]{0,200}'(?!\w)|`[^`\n]{0,200}`/g, '<STR>'],
  [
    /(?<![\w<.])<?\d+(?:\.\d+)?\s?(?:ms|msecs?|milliseconds?|s|secs?|seconds?|mins?|minutes?|h|hours?)\b/gi,
    '<TIME>',
  ],
  [/(?<!\w)[$€£]?-?\d+(?:,\d+)*(?:\.\d+)?/g, '<NUM>'],
  // The same amount again, in another unit: "2048 bytes (2 KB)".
  [/ \(<NUM> ?[a-z]{1,5}\)/gi, ''],
  // Names of protocols end in a digit ("SOCKS5", "SHA1"); what holds more of them is an id.
  [/\b(?=\w*\d)(?![A-Z]{3,12}\d\b)[A-Za-z0-9_]{3,64}\b/g, '<ID>'],
]

/** What makes two errors the same: the message without what varies (spec of the templates: Drain). */
export function normaliseError(text: string): string {
  const plain = text.slice(0, maxScanned).normalize('NFC').replace(ansi, '')
  const message = pickMessage(plain)
  const masked = masks.reduce((rest, [pattern, mask]) => rest.replace(pattern, mask), message)
  return masked.replace(/\s+/g, ' ').trim().slice(0, maxKept)
}

/** Texts that begin so are failures even where the source has no flag for them. */
export function looksLikeError(text: string): boolean {
  return /^\s*(?:error\b|exception\b|traceback \(most recent|fatal:|exit code [1-9])/i.test(
    text.slice(0, 200),
  )
}

/** Offsets of the line that `normaliseError` goes by, for quoting it as it stands. */
export function findErrorLine(text: string): { readonly start: number; readonly end: number } {
  const message = pickMessage(text.slice(0, maxScanned))
  const at = text.indexOf(message)
  if (at !== -1 && message !== '') return { start: at, end: at + message.length }
  const start = text.search(/\S/)
  if (start === -1) return { start: 0, end: 0 }
  const newline = text.indexOf('\n', start)
  return { start, end: newline === -1 ? text.length : newline }
}

function pickMessage(text: string): string {
  return pickJsonMessage(text) ?? pickTraceMessage(text) ?? pickExitMessage(text) ?? firstLine(text)
}

function pickJsonMessage(text: string): string | null {
  if (!/^\s*[{[]/.test(text)) return null
  const found = /"(?:message|error|detail|reason)"\s*:\s*"((?:[^"\\]|\\.){1,500})"/.exec(text)
  return found?.[1] ?? null
}

/** Python ends a traceback with the exception; Node begins with it. */
function pickTraceMessage(text: string): string | null {
  if (!/traceback \(most recent/i.test(text)) return null
  const lines = text
    .split('\n')
    .filter((line) => /^[A-Za-z_][\w.]*(?:Error|Exception)\b/.test(line))
  return lines.at(-1) ?? null
}

const tellsFault =
  /\b(?:error|errors|fail|failed|failure|fatal|panic|undefined|cannot|can't|denied|refused|invalid|unknown|not found|no such|not a|missing|mismatch|expected)\b/i
/** What a shell or a task runner says before it does anything. */
const echo = /^\s*(?:\[[^\]\n]{0,40}\]\s*)?\$ /
const maxLines = 60

/** `Exit code 1` alone says nothing: the first line behind it that tells a fault, else that is no echo. */
function pickExitMessage(text: string): string | null {
  if (!/^\s*exit code \d+/i.test(text)) return null
  const lines = text
    .split('\n')
    .slice(1, maxLines)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !echo.test(line))
  return lines.find((line) => tellsFault.test(line)) ?? lines[0] ?? null
}

function firstLine(text: string): string {
  return (text.split('\n').find((line) => line.trim() !== '') ?? '').trim()
}
