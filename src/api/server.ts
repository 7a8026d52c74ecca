import { Hono } from 'hono'
import { mayCall } from '../core/access.ts'
import { DomainError } from '../core/errors.ts'
import { authenticate } from './authenticate.ts'
import type { ApiContext } from './context.ts'
import { endpoints } from './endpoints.ts'
import { toErrorResponse } from './errors.ts'
import { renderOpenApi } from './openapi.ts'
import { mountEndpoints } from './router.ts'
import type { Variables } from './variables.ts'

export interface Probes {
  /** Whether new requests should be sent here: false while stopping or while the database is away. */
  readonly isReady: () => Promise<boolean>
  /** Called once a request with its route, status and seconds. */
  readonly observe: (route: string, status: number, seconds: number) => void
  /** Prometheus text. */
  readonly renderMetrics: () => Promise<string>
}

/** The whole API as one `fetch`: it needs no socket, so tests may call it as it is. */
export function makeApi(context: ApiContext, probes: Probes) {
  const app = new Hono<{ Variables: Variables }>()
  const document = renderOpenApi(endpoints, context.settings.version)
  app.use(async (request, next) => {
    const began = performance.now()
    request.set('requestId', context.newId('req'))
    await next()
    const { headers, status } = request.res
    headers.set('request-id', request.get('requestId'))
    headers.set('anthropic-organization-id', context.settings.organizationId)
    headers.set('x-content-type-options', 'nosniff')
    const seconds = (performance.now() - began) / 1_000
    probes.observe(request.get('route') ?? 'none', status, seconds)
    context.log.info(
      { requestId: request.get('requestId'), route: request.get('route'), status, seconds },
      'request',
    )
  })
  app.get('/livez', (request) => request.text('ok\n'))
  app.get('/readyz', async (request) => {
    const ready = await probes.isReady()
    return request.text(ready ? 'ok\n' : 'not ready\n', ready ? 200 : 503)
  })
  app.get('/version', (request) => request.json({ version: context.settings.version }))
  app.get('/openapi.json', (request) => request.json(document))
  app.get('/metrics', async (request) => {
    const caller = await authenticate(context, request.req.raw.headers)
    if (!mayCall(caller, ['admin'])) {
      throw new DomainError('forbidden', 'Metrics need a key with the scope admin.')
    }
    return request.text(await probes.renderMetrics(), 200)
  })
  mountEndpoints(app, context, endpoints)
  app.notFound((request) =>
    toErrorResponse(
      new DomainError(
        'not_found',
        `There is no ${request.req.method} ${new URL(request.req.url).pathname.slice(0, 200)}. GET /openapi.json lists what there is.`,
      ),
      request.get('requestId'),
    ),
  )
  app.onError((error, request) => {
    const requestId = request.get('requestId')
    const response = toErrorResponse(error, requestId)
    if (response.status >= 500) {
      context.log.error({ requestId, route: request.get('route'), err: error }, 'request failed')
    }
    return response
  })
  return app
}
