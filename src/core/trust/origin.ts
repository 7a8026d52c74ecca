import type { Actor } from '../audit/record.ts'
import type { EventBody } from '../session.ts'
import type { Taint } from './taint.ts'

/**
 * Tools that the administrator vouches for, by the name of the call; those of an MCP server as
 * `mcp:server:name`, because any server may call a tool what it likes.
 */
export type FirstPartyTools = ReadonlySet<string>

export const noFirstPartyTools: FirstPartyTools = new Set()

/** What a tool is listed by; null for events that use none. */
export function nameToolOf(body: EventBody): string | null {
  switch (body.type) {
    case 'agent.tool_use':
    case 'agent.custom_tool_use':
    case 'lucid.user_tool_use':
      return body.name
    case 'agent.mcp_tool_use':
      return `mcp:${body.mcp_server_name}:${body.name}`
    default:
      return null
  }
}

/**
 * Where an event's text comes from. `tool` is the tool whose result it is, or null when that is not known.
 * An event of an unknown type is untrusted: only what is listed here is more.
 */
export function originOf(
  body: EventBody,
  { tool, firstParty }: { readonly tool: string | null; readonly firstParty: FirstPartyTools },
): Taint {
  switch (body.type) {
    case 'system.message':
      return 'operator'
    case 'user.message':
    case 'user.interrupt':
    case 'user.tool_confirmation':
      return 'user'
    case 'agent.message':
    case 'agent.thinking':
    case 'agent.tool_use':
    case 'agent.custom_tool_use':
    case 'agent.mcp_tool_use':
      return 'agent'
    case 'agent.tool_result':
    case 'agent.mcp_tool_result':
    case 'user.custom_tool_result':
      return tool !== null && firstParty.has(tool) ? 'first_party_tool' : 'untrusted'
    default:
      return 'untrusted'
  }
}

/**
 * Where the text of a memory version comes from, by who wrote it. A key or a person writes for the operator;
 * a session writes for its agent, whatever key carried it. What a dream writes has the taints of its changes,
 * and is an agent's text where they are not known.
 */
export function originOfWriter(actor: Actor, sessionId: string | null): Taint {
  if (actor.type === 'dream' || actor.type === 'session' || sessionId !== null) return 'agent'
  return actor.type === 'importer' ? 'untrusted' : 'operator'
}
