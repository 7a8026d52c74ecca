import type { EventId, SessionId } from './ids.ts'

/** One run of an agent. An imported session is an ordinary session that will never run again. */
export interface Session {
  readonly id: SessionId
  /** Stable name of the run in its source; importing the same run again finds it by this key. */
  readonly key: string
  readonly format: string
  readonly agent: AgentSnapshot
  readonly task: Task
  readonly title: string | null
  /** RFC 3339 UTC, or null where the source has no clock. */
  readonly startedAt: string | null
  readonly endedAt: string | null
  readonly status: SessionStatus
  /** Who the agent worked for, when the source says; independence of support is counted by it. */
  readonly principal: string | null
  readonly labels: Readonly<Record<string, string>>
}

/** `rescheduling`: something broke and is being tried again. */
export type SessionStatus = 'idle' | 'running' | 'rescheduling' | 'terminated'

export interface AgentSnapshot {
  readonly name: string
  readonly version: string | null
  readonly model: string | null
}

/**
 * What the session was asked to do. `id` is set only where the source says that runs repeat one task:
 * comparisons of runs with the same id are grade B, with the same type grade C at best.
 */
export interface Task {
  readonly type: string | null
  readonly id: string | null
}

export interface SessionEvent {
  readonly id: EventId
  /** Position in the transcript, from 0, without gaps. A parent always precedes its children. */
  readonly seq: number
  /** RFC 3339 UTC, or null where the source has no clock. */
  readonly processedAt: string | null
  /** `abandoned`: the user rewound the session past this event; it is kept but not part of the work. */
  readonly branch: 'live' | 'abandoned'
  /** Ordinal of the raw record that this event came from; the raw record is stored beside it. */
  readonly record: number
  readonly body: EventBody
}

/**
 * The wire's own shape (Anthropic's session events) less id and processed_at, hence snake_case.
 * Types under `lucid.` are ours, for what that wire has no event for.
 */
export type EventBody =
  | { readonly type: 'user.message'; readonly content: readonly ContentBlock[] }
  | { readonly type: 'user.interrupt' }
  | {
      readonly type: 'user.tool_confirmation'
      readonly tool_use_id: EventId | null
      readonly result: 'allow' | 'deny'
      readonly deny_message: string | null
    }
  | { readonly type: 'system.message'; readonly content: readonly ContentBlock[] }
  | { readonly type: 'agent.message'; readonly content: readonly ContentBlock[] }
  | { readonly type: 'agent.thinking' }
  | { readonly type: 'agent.tool_use'; readonly name: string; readonly input: JsonObject }
  | {
      readonly type: 'agent.tool_result'
      readonly tool_use_id: EventId | null
      readonly content: readonly ContentBlock[]
      readonly is_error: boolean
    }
  /** Tools that run outside of the agent's own machine: the caller's, and those of an MCP server. */
  | { readonly type: 'agent.custom_tool_use'; readonly name: string; readonly input: JsonObject }
  | {
      readonly type: 'agent.mcp_tool_use'
      readonly mcp_server_name: string
      readonly name: string
      readonly input: JsonObject
    }
  | {
      readonly type: 'user.custom_tool_result'
      readonly custom_tool_use_id: EventId | null
      readonly content: readonly ContentBlock[]
      readonly is_error: boolean
    }
  | {
      readonly type: 'agent.mcp_tool_result'
      readonly mcp_tool_use_id: EventId | null
      readonly content: readonly ContentBlock[]
      readonly is_error: boolean
    }
  | {
      readonly type: 'user.tool_result'
      readonly tool_use_id: EventId | null
      readonly content: readonly ContentBlock[]
      readonly is_error: boolean
    }
  | { readonly type: 'agent.thread_context_compacted' }
  | {
      readonly type: 'session.error'
      readonly error: { readonly type: string; readonly message: string }
      readonly retry_status: { readonly type: 'retrying' | 'exhausted' | 'terminal' }
    }
  | { readonly type: 'session.status_idle'; readonly stop_reason: { readonly type: string } }
  | { readonly type: 'session.status_terminated' }
  | {
      readonly type: 'span.model_request_end'
      readonly is_error: boolean
      readonly model_usage: ModelUsage
    }
  /** A call that never ran because a call beside it failed or was refused. Not a failure of its own. */
  | {
      readonly type: 'lucid.tool_canceled'
      readonly tool_use_id: EventId | null
      readonly content: readonly ContentBlock[]
    }
  /** A tool that the user used, not the agent. */
  | { readonly type: 'lucid.user_tool_use'; readonly name: string; readonly input: JsonObject }
  | {
      readonly type: 'lucid.user_tool_result'
      readonly tool_use_id: EventId | null
      readonly content: readonly ContentBlock[]
      readonly is_error: boolean
    }

export type ContentBlock =
  | { readonly type: 'text'; readonly text: string }
  /** Bytes of images and documents stay in the raw record; the event keeps what they were. */
  | { readonly type: 'image' | 'document'; readonly media_type: string | null }

export interface ModelUsage {
  readonly input_tokens: number
  readonly output_tokens: number
  readonly cache_creation_input_tokens: number
  readonly cache_read_input_tokens: number
}

export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}

/**
 * The text that quotes of an event are taken from; a quote is `eventText(body).slice(start, end)`, in
 * UTF-16 units. Text blocks are joined by a line feed; a tool use is its name, a space and its input as JSON.
 */
export function eventText(body: EventBody): string {
  switch (body.type) {
    case 'user.message':
    case 'system.message':
    case 'agent.message':
    case 'agent.tool_result':
    case 'agent.mcp_tool_result':
    case 'user.custom_tool_result':
    case 'user.tool_result':
    case 'lucid.tool_canceled':
    case 'lucid.user_tool_result':
      return contentText(body.content)
    case 'agent.tool_use':
    case 'agent.custom_tool_use':
    case 'agent.mcp_tool_use':
    case 'lucid.user_tool_use':
      return `${body.name} ${JSON.stringify(body.input)}`
    case 'user.tool_confirmation':
      return body.deny_message ?? ''
    case 'session.error':
      return body.error.message
    default:
      return ''
  }
}

/** Live results may leave their content out. */
export function contentText(content: readonly ContentBlock[] = []): string {
  const [only] = content
  // Nearly every message and result is one text.
  if (content.length === 1 && only?.type === 'text') return only.text
  return content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('\n')
}
