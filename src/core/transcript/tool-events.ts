import type { EventBody } from '../session.ts'

/** Whoever runs a tool, a call is a call: mining sees one kind of use and one kind of result. */
export function asToolEvent(body: EventBody): EventBody {
  switch (body.type) {
    case 'agent.custom_tool_use':
    case 'agent.mcp_tool_use':
      return { type: 'agent.tool_use', name: body.name, input: body.input }
    case 'user.custom_tool_result':
      return result(body, body.custom_tool_use_id)
    case 'agent.mcp_tool_result':
      return result(body, body.mcp_tool_use_id)
    case 'user.tool_result':
      return result(body, body.tool_use_id)
    default:
      return body
  }
}

type Result = Extract<EventBody, { type: 'agent.tool_result' }>

const result = (
  { content, is_error }: Pick<Result, 'content' | 'is_error'>,
  id: Result['tool_use_id'],
): Result => ({ type: 'agent.tool_result', tool_use_id: id, content: content ?? [], is_error })
