import { Feed } from '../src/api/feed.ts'
import { makeApi } from '../src/api/server.ts'
import type { Opened } from '../src/cli/surroundings.ts'

type Context = Opened['context']

/** The whole API over an opened database, called without sockets; the key goes along with every request. */
export function openApi(context: Context, key: string) {
  const { database, wakes, hash } = context
  const api = makeApi(
    {
      ...context,
      feed: new Feed({ database, wakes, hash }),
      settings: {
        version: '0.0.0-test',
        organizationId: context.organizationId,
        strict: false,
        rateLimits: { writesPerMinute: 0, readsPerMinute: 0 },
        allowPrivateTargets: false,
        importRoots: [],
      },
    },
    { isReady: async () => true, observe: () => {}, renderMetrics: async () => '' },
  )
  return async (path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers)
    headers.set('x-api-key', key)
    return api.fetch(new Request(`http://localhost${path}`, { ...init, headers }))
  }
}
