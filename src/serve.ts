import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import type { ApiContext } from './api/context.ts'
import { makeApi } from './api/server.ts'
import { makeMetrics } from './metrics.ts'
import { countReasons } from './storage/decisions.ts'
import { listExperimentFigures } from './storage/experiment-figures.ts'
import { readOutcomeFigures } from './storage/outcome-figures.ts'

export interface ServeOptions {
  readonly context: ApiContext
  readonly host: string
  readonly port: number
  readonly metricsPort: number | null
}

export interface RunningServer {
  /** `http://127.0.0.1:4177` */
  readonly url: string
  readonly port: number
  /** Takes no new requests, lets those that are open end for `drainMs`, then cuts them. */
  readonly stop: (drainMs: number) => Promise<void>
}

/** Slow or silent clients are cut off; a request's headers are small. */
const limits = { headersTimeout: 30_000, requestTimeout: 600_000, maxHeaderSize: 32_768 }

/** Listens for the API, and for metrics on a port of their own where one is given. */
export async function startServer(options: ServeOptions): Promise<RunningServer> {
  const { context, host, port, metricsPort } = options
  const metrics = makeMetrics({
    countDenials: () => countDenials(context),
    readFigures: () =>
      context.database.read(async (reader) => ({
        ...(await listExperimentFigures(reader)),
        ...(await readOutcomeFigures(reader)),
      })),
  })
  let stopping = false
  const api = makeApi(context, {
    isReady: async () => !stopping && (await answers(context)),
    observe: metrics.observe,
    renderMetrics: () => metrics.registry.metrics(),
  })
  const server = createServer(limits, getRequestListener(api.fetch))
  const bound = await listen(server, host, port)
  const metricsServer = metricsPort === null ? null : createServer(renderOn(metrics))
  if (metricsServer && metricsPort !== null) await listen(metricsServer, host, metricsPort)
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    port: bound,
    async stop(drainMs) {
      stopping = true
      metricsServer?.close()
      await drain(server, drainMs)
    },
  }
}

async function countDenials({ database }: ApiContext) {
  const reasons = await database.read((reader) => countReasons(reader, ''))
  return reasons.filter(({ verdict }) => verdict === 'deny')
}

async function answers({ database }: ApiContext): Promise<boolean> {
  try {
    await database.read(async () => {})
    return true
  } catch {
    return false
  }
}

const renderOn =
  ({ registry }: ReturnType<typeof makeMetrics>): Parameters<typeof createServer>[1] =>
  async (_request, response) => {
    response.setHeader('content-type', registry.contentType)
    response.end(await registry.metrics())
  }

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })
}

function drain(server: Server, drainMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), drainMs)
    server.close(() => {
      clearTimeout(cut)
      resolve()
    })
    server.closeIdleConnections()
  })
}
