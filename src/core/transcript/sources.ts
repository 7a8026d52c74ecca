import type { JsonObject } from '../session.ts'

const sourceKey =
  /(?:^|_)(?:path|file|url|uri|doc|document|article|page|filename)(?:_?id|_?path)?$/i
const maxName = 160

/** What a reading call reads, under a name that sessions share: a file by its last two parts, a site by its host. */
export function nameSource(input: JsonObject): string | null {
  const found = Object.entries(input).find(
    ([key, value]) => sourceKey.test(key) && typeof value === 'string' && value !== '',
  )
  if (!found) return null
  const value = String(found[1]).slice(0, 2_000)
  const host = /^https?:\/\/([\w.-]{1,253})/i.exec(value)?.[1]
  if (host !== undefined) return host.toLowerCase()
  const parts = value.split(/[\\/]/).filter((part) => part !== '' && part !== '.')
  return parts.slice(-2).join('/').slice(0, maxName) || null
}

const reverting =
  /\bgit (?:revert|restore|checkout -- |reset --hard|stash)|^(?:undo|revert|restore|rollback)/i

/** Whether a call takes back what was done before. */
export function reverts(tool: string, input: JsonObject): boolean {
  if (/^(?:undo|revert|restore|rollback)/i.test(tool)) return true
  const command = input.command
  return typeof command === 'string' && reverting.test(command.slice(0, 2_000))
}
