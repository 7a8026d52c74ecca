import type { ContentBlock, Json, JsonObject } from '../../../core/session.ts'
import { asArray, asObject, asString } from '../../shape.ts'

/** Text that the harness puts in the user's place begins so. */
const injected =
  /^\s*(?:<(?:command-|local-command|bash-|user-prompt-submit-hook|system-reminder|task-|ide[_-]|teammate-message)|Caveat: The messages below were generated)/

const interrupted = /^\s*\[Request interrupted by user/

export function isInjected(text: string): boolean {
  return injected.test(text)
}

export function isInterrupt(text: string): boolean {
  return interrupted.test(text)
}

/** Whether a person typed this record: a prompt, not a tool's result, a summary or the harness's words. */
export function isPrompt(record: JsonObject): boolean {
  if (record.type !== 'user' || record.isMeta === true || record.isCompactSummary === true)
    return false
  if (record.isSidechain === true) return false
  return promptTexts(asObject(record.message)?.content).length > 0
}

/** What a person typed in a message's content, reminders cut out. */
export function promptTexts(content: Json | undefined): string[] {
  if (typeof content === 'string') return isTyped(content) ? splitReminders(content).own : []
  return (asArray(content) ?? []).flatMap((value) => {
    const block = asObject(value)
    const text = block?.type === 'text' ? (asString(block.text) ?? '') : ''
    return isTyped(text) ? splitReminders(text).own : []
  })
}

const isTyped = (text: string) => text.trim() !== '' && !isInjected(text) && !isInterrupt(text)

const [open, close] = ['<system-reminder>', '</system-reminder>']

/** The harness adds reminders to what people type; they are not the person's words. */
export function splitReminders(text: string): {
  readonly own: string[]
  readonly reminders: string[]
} {
  const reminders: string[] = []
  let own = ''
  let from = 0
  for (let at = text.indexOf(open); at !== -1; at = text.indexOf(open, from)) {
    const end = text.indexOf(close, at)
    if (end === -1) break
    own += text.slice(from, at)
    reminders.push(text.slice(at, end + close.length))
    from = end + close.length
  }
  own += text.slice(from)
  return { own: own.trim() === '' ? [] : [own], reminders }
}

/** Text and images of a tool's result or a message. */
export function readContent(content: Json | undefined): readonly ContentBlock[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  return (asArray(content) ?? []).flatMap((value): ContentBlock[] => {
    const block = asObject(value)
    if (block?.type === 'text') return [{ type: 'text', text: asString(block.text) ?? '' }]
    if (block?.type === 'image' || block?.type === 'document') {
      return [{ type: block.type, media_type: asString(asObject(block.source)?.media_type) }]
    }
    return []
  })
}
