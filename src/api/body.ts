import { DomainError } from '../core/errors.ts'

/** The reference's limit of a request body. */
export const defaultMaxBytes = 32 * 1024 * 1024
/** Deeper JSON than any resource has; recursive readers behind this limit cannot run out of stack. */
const deepest = 64

/**
 * The body as JSON whatever its content type says: the official client sends none with an empty body, and
 * an empty body is an empty object.
 */
export async function readJson(request: Request, maxBytes: number): Promise<unknown> {
  const text = await readText(request, maxBytes)
  if (text.trim() === '') return {}
  refuseDeep(text)
  try {
    return JSON.parse(text)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new DomainError('invalid_argument', `The body is not JSON: ${reason}.`, { cause })
  }
}

/** The bytes as they came, up to a limit. */
export async function readBytes(request: Request, maxBytes: number): Promise<Buffer> {
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge(maxBytes)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength
    if (size > maxBytes) throw tooLarge(maxBytes)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

async function readText(request: Request, maxBytes: number): Promise<string> {
  const bytes = await readBytes(request, maxBytes)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new DomainError('invalid_argument', 'The body is not UTF-8.', { cause })
  }
}

/** Counts brackets outside of strings, which is all that nesting can be made of. */
function refuseDeep(text: string): void {
  let depth = 0
  let inString = false
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (inString) {
      if (code === 0x5c) at += 1
      else if (code === 0x22) inString = false
    } else if (code === 0x22) inString = true
    else if (code === 0x7b || code === 0x5b) depth += 1
    else if (code === 0x7d || code === 0x5d) depth -= 1
    if (depth > deepest) {
      throw new DomainError(
        'invalid_argument',
        `The body nests deeper than ${deepest} levels; flatten it.`,
      )
    }
  }
}

const tooLarge = (maxBytes: number) =>
  new DomainError(
    'record_too_large',
    `The body is larger than ${maxBytes} bytes (${Math.round(maxBytes / 1024 / 1024)} MiB); send less at a time.`,
  )
