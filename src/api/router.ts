import type { Context, Hono } from 'hono'
import type { Caller } from '../core/access.ts'
import { mayCall } from '../core/access.ts'
import { toTimestamp } from '../core/clock.ts'
import { DomainError } from '../core/errors.ts'
import type { ApiKeyId } from '../core/ids.ts'
import { defaultWorkspace } from '../storage/database.ts'
import { authenticate } from './authenticate.ts'
import { checkHeaders } from './beta.ts'
import { defaultMaxBytes, readJson } from './body.ts'
import type { ApiContext } from './context.ts'
import type { Endpoint } from './endpoint.ts'
import { parse } from './parse.ts'
import { readQuery } from './query.ts'
import { type Allowance, makeRateLimiter } from './rate-limit.ts'
import type { Variables } from './variables.ts'

type RequestContext = Context<{ Variables: Variables }>

/**
 * Puts endpoints under their paths. Each request goes the same way: key, headers, rate, scope, parse, handle.
 * Nothing is read of a body before the key is known.
 */
export function mountEndpoints(
  app: Hono<{ Variables: Variables }>,
  context: ApiContext,
  endpoints: readonly Endpoint[],
): void {
  const take = makeRateLimiter(context.settings.rateLimits, context.clock)
  for (const endpoint of endpoints) {
    const path = endpoint.path.replaceAll(/\{(\w+)\}/g, ':$1')
    app.on(endpoint.method, path, async (request) => {
      request.set('route', `${endpoint.method} ${endpoint.path}`)
      const isSigned = endpoint.authentication === 'signature'
      const { headers } = request.req.raw
      const caller = isSigned ? nobody : await authenticate(context, headers)
      if (context.settings.strict && !isSigned) checkHeaders(endpoint.family, headers)
      const allowance = isSigned
        ? take(new URL(request.req.url).pathname.slice(0, 200), 'hook')
        : take(caller.keyId, endpoint.method === 'GET' ? 'read' : 'write')
      refuseScope(endpoint, caller)
      const response = await answer(context, endpoint, { request, caller })
      return withHeaders(response, caller, allowance)
    })
  }
}

/** May do nothing: a handler of signed requests acts as what it verified. */
const nobody: Caller = { keyId: '' as ApiKeyId, workspaceId: defaultWorkspace, scopes: [] }

function refuseScope(endpoint: Endpoint, caller: Caller): void {
  if (mayCall(caller, endpoint.scopes)) return
  throw new DomainError(
    'forbidden',
    `This key may not ${endpoint.method} ${endpoint.path}: it needs one of the scopes ${[...endpoint.scopes, 'admin'].join(', ')} and has ${caller.scopes.join(', ') || 'none'}.`,
  )
}

async function answer(
  context: ApiContext,
  endpoint: Endpoint,
  { request, caller }: { readonly request: RequestContext; readonly caller: Caller },
): Promise<Response> {
  const { strict } = context.settings
  const url = new URL(request.req.url)
  const { params, query, body } = endpoint
  const raw = request.req.raw
  const given = {
    params: params && parse(params, request.req.param(), { place: 'path', strict }),
    query: query && parse(query, readQuery(url.searchParams, query), { place: 'query', strict }),
    body:
      body &&
      parse(body, await readJson(raw, endpoint.maxBytes ?? defaultMaxBytes), {
        place: 'body',
        strict,
      }),
  }
  const result = await endpoint.handle({
    context,
    caller,
    actor: { type: 'api_key', id: caller.keyId },
    ...(given as { params: undefined; query: undefined; body: undefined }),
    request: raw,
    requestId: request.get('requestId'),
  })
  return result instanceof Response ? result : Response.json(result)
}

function withHeaders(response: Response, caller: Caller, allowance: Allowance | null): Response {
  response.headers.set('anthropic-workspace-id', caller.workspaceId)
  if (allowance) {
    response.headers.set('anthropic-ratelimit-requests-limit', String(allowance.limit))
    response.headers.set('anthropic-ratelimit-requests-remaining', String(allowance.remaining))
    response.headers.set('anthropic-ratelimit-requests-reset', toTimestamp(allowance.resetAt))
  }
  return response
}
