import { DomainError } from '../../core/errors.ts'
import type { Hash } from '../../core/ids.ts'
import type { MemoryDocument } from '../../core/memory.ts'

/** What a file holds of ours, between two marker lines. */
export interface ManagedBlock {
  readonly storeId: string
  /** Hash of the contents that it shows. */
  readonly version: string
  readonly state: 'intact' | 'edited'
  /** Where it stands in the text, with the line breaks that came with it. */
  readonly start: number
  readonly end: number
}

const begin =
  /(\n{0,2})<!-- lucidream:begin store=(\S+) version=([0-9a-f]{64}) sha=([0-9a-f]{64}) glue=([012]) -->\n/
const endMarker = '<!-- lucidream:end -->'
const anyMarker = /<!-- lucidream:(?:begin|end)/

/** The block of a file, or null. Markers that do not pair are refused: nobody can tell then what is whose. */
export function findBlock(text: string, hash: Hash): ManagedBlock | null {
  const found = begin.exec(text)
  if (!found) {
    if (anyMarker.test(text)) throw broken('it has a marker of lucidream without its other half')
    return null
  }
  const [whole, breaks = '', storeId = '', version = '', sha = '', glue = '0'] = found
  const inner = found.index + whole.length
  const end = text.indexOf(endMarker, inner)
  if (end === -1) throw broken('its block has no end marker')
  const rest = text.slice(end + endMarker.length)
  if (anyMarker.test(rest)) throw broken('it has two blocks of lucidream')
  const body = text.slice(inner, end)
  if (anyMarker.test(body)) throw broken('its block begins twice')
  const start = found.index + breaks.length - Math.min(Number(glue), breaks.length)
  const stop = end + endMarker.length + (rest.startsWith('\n') ? 1 : 0)
  const state = hash(body) === sha ? 'intact' : 'edited'
  return { storeId, version, state, start, end: stop }
}

interface Shown {
  readonly storeId: string
  readonly version: string
  readonly documents: readonly MemoryDocument[]
}

/** The text with the block in its place, or behind everything where there was none. */
export function putBlock(text: string, shown: Shown, hash: Hash): string {
  const known = findBlock(text, hash)
  const before = known ? text.slice(0, known.start) : text
  const after = known ? text.slice(known.end) : ''
  const glue = before === '' ? '' : before.endsWith('\n') ? '\n' : '\n\n'
  const body = renderDocuments(shown.documents)
  const marker = `<!-- lucidream:begin store=${shown.storeId} version=${shown.version} sha=${hash(body)} glue=${glue.length} -->`
  return `${before}${glue}${marker}\n${body}${endMarker}\n${after}`
}

/** The text as it was before the block came. */
export function cutBlock(text: string, { start, end }: ManagedBlock): string {
  return text.slice(0, start) + text.slice(end)
}

/** One text of all memories; each says where it comes from where there are several. */
export function renderDocuments(documents: readonly MemoryDocument[]): string {
  const foreign = documents.find(({ content }) => anyMarker.test(content))
  if (foreign) {
    throw new DomainError(
      'conflict',
      `${foreign.path} holds a marker of lucidream itself and cannot stand in a block; remove it from the memory.`,
    )
  }
  return documents
    .map(({ path, content }) => {
      const text = content.endsWith('\n') || content === '' ? content : `${content}\n`
      return documents.length === 1 ? text : `<!-- ${path.replaceAll('--', '- -')} -->\n${text}`
    })
    .join('\n')
}

const broken = (why: string) =>
  new DomainError('conflict', `The file is left as it is: ${why}. Mend it by hand.`)
