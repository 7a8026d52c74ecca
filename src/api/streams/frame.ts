const encoder = new TextEncoder()

/** One server-sent event. JSON has no line breaks of its own, so it is one line of data. */
export const encodeFrame = (type: string, data: unknown): Uint8Array =>
  encoder.encode(`event: ${type}\ndata: ${JSON.stringify(data)}\n\n`)

export const pingFrame = encodeFrame('ping', { type: 'ping' })
