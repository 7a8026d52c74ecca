import type { JsonObject, SessionEvent } from '../../core/session.ts'
import type { StoredSession } from '../../storage/sessions.ts'

/** An event as the wire has it: fields differ from type to type. */
export type WireEvent = { readonly id: string; readonly type: string } & Record<string, unknown>

type Origin = Pick<StoredSession, 'beganAt' | 'isLive'>

/**
 * A live event is stored as the wire has it. An imported one may lack what its source did not say: a missing
 * time becomes the session's beginning, since null would mean "waits to be processed", and a missing reference
 * becomes empty text.
 */
export function presentEvent(event: SessionEvent, { beganAt, isLive }: Origin): WireEvent {
  const body = event.body as unknown as JsonObject & { readonly type: string }
  return {
    id: event.id,
    ...fill(body),
    type: body.type,
    processed_at: event.processedAt ?? (isLive ? null : beganAt),
    ...(event.branch === 'abandoned' ? { lucid_branch: 'abandoned' } : {}),
  }
}

function fill(body: JsonObject & { readonly type: string }): Record<string, unknown> {
  switch (body.type) {
    case 'user.message':
    case 'system.message':
    case 'agent.message':
      return { ...body, content: fillContent(body.content) }
    case 'agent.tool_result':
    case 'lucid.tool_canceled':
    case 'lucid.user_tool_result':
      return { ...body, tool_use_id: body.tool_use_id ?? '', content: fillContent(body.content) }
    case 'user.tool_confirmation':
      return { ...body, tool_use_id: body.tool_use_id ?? '' }
    case 'session.status_idle':
      return { ...body, stop_details: body.stop_details ?? null }
    case 'session.error': {
      const { retry_status, error, ...rest } = body
      const within = retry_status === undefined ? {} : { retry_status }
      return { ...rest, error: { ...(error as JsonObject), ...within } }
    }
    case 'span.model_request_end':
      return { ...body, model_request_start_id: body.model_request_start_id ?? '' }
    default:
      return body
  }
}

/** Bytes of imported images and documents stay in the raw record; the block says what they were. */
function fillContent(content: unknown): unknown {
  if (!Array.isArray(content)) return content
  return content.map((block: JsonObject) => {
    const isBare = (block.type === 'image' || block.type === 'document') && !block.source
    if (!isBare) return block
    const media = block.media_type ?? 'application/octet-stream'
    return { type: block.type, source: { type: 'base64', media_type: media, data: '' } }
  })
}
