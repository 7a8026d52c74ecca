import type { LookupAddress, LookupOptions } from 'node:dns'
import { lookup as systemLookup } from 'node:dns/promises'
import { Agent, request } from 'undici'
import { findAddressFault, findTargetFault, isLoopbackHost } from '../../core/webhooks.ts'

export interface PostOptions {
  readonly allowPrivate: boolean
  /** Every address that a name stands for; the system's when left out. */
  readonly resolve?: (hostname: string) => Promise<LookupAddress[]>
}

export type PostAnswer =
  /** Somebody answered; a redirect is not followed and so is an answer too. */
  | { readonly type: 'answered'; readonly status: number }
  /** Nothing was sent and nothing ever will be to this target. */
  | { readonly type: 'refused'; readonly reason: string }
  | { readonly type: 'failed'; readonly reason: string }

export type Post = (
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
) => Promise<PostAnswer>

const connectMs = 5_000
const wholeMs = 15_000
/** As much of an answer's body as is read before the connection is dropped. */
const readBytes = 4_096

class RefusedAddress extends Error {}

/**
 * Sends one webhook. The addresses a name resolves to are judged in the look-up that the connection itself
 * uses, so a name that changes between a check and the connection gains nothing.
 */
export function makePost({ allowPrivate, resolve = resolveBySystem }: PostOptions): Post {
  const agent = new Agent({
    connect: { timeout: connectMs, lookup: judgedLookup({ allowPrivate, resolve }) },
    headersTimeout: wholeMs,
    bodyTimeout: wholeMs,
    maxResponseSize: -1,
    // A connection that is kept would outlive what its address was judged by.
    pipelining: 0,
  })
  return async (url, headers, body) => {
    const fault = findTargetFault(URL.parse(url), { allowPrivate })
    if (fault !== null) return { type: 'refused', reason: fault }
    try {
      const response = await request(url, {
        method: 'POST',
        headers,
        body,
        dispatcher: agent,
        signal: AbortSignal.timeout(wholeMs),
      })
      await response.body.dump({ limit: readBytes }).catch(() => {})
      return { type: 'answered', status: response.statusCode }
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
      if (cause instanceof RefusedAddress) return { type: 'refused', reason: cause.message }
      return { type: 'failed', reason: cause instanceof Error ? cause.message : String(cause) }
    }
  }
}

type Callback = (error: Error | null, address: string | LookupAddress[], family?: number) => void

function judgedLookup({ allowPrivate, resolve }: Required<PostOptions>) {
  return (hostname: string, options: LookupOptions, callback: Callback): void => {
    resolve(hostname)
      .then((addresses) => {
        const loopback = isLoopbackHost(hostname)
        const fault = addresses
          .map(({ address }) =>
            findAddressFault(address, { allowPrivate: allowPrivate || loopback }),
          )
          .find((one) => one !== null)
        if (fault !== undefined) throw new RefusedAddress(`${hostname} stands for ${fault}`)
        const [first] = addresses
        if (!first) throw new Error(`${hostname} stands for no address`)
        if (options.all) callback(null, addresses)
        else callback(null, first.address, first.family)
      })
      .catch((error: Error) => callback(error, []))
  }
}

const resolveBySystem = (hostname: string) => systemLookup(hostname, { all: true })
