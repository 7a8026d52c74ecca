import { RE2JS } from 're2js'
import { addedText } from '../facts.ts'
import { remember } from '../remember.ts'
import { type Gate, none, stop } from './gate.ts'

export const commands: Gate = {
  rule: 'content.commands',
  judge({ content }, judged) {
    const text = addedText(judged)
    const hit = content.commands.forbid.find((pattern) => toMatcher(pattern).matcher(text).find())
    return hit === undefined
      ? none
      : stop(content.commands.onMatch, { value: `a command like ${hit}`, limit: 'no such command' })
  },
}

/** `*` is anything on the line, a space any white space. In time linear in the text, whoever wrote it. */
const toMatcher = remember((pattern) => {
  const words = pattern
    .trim()
    .split(/\s+/)
    .map((word) => word.split('*').map(RE2JS.quote).join('[^\\n]*'))
  return RE2JS.compile(words.join('[ \\t]+'), RE2JS.CASE_INSENSITIVE)
})
