import type { z } from 'zod'
import type { Caller, Scope } from '../core/access.ts'
import type { ApiContext } from './context.ts'

/** Which family of the reference an endpoint belongs to: its beta header is checked under strict rules. */
export type Family = 'managed-agents' | 'memory' | 'dreams' | 'files' | 'models' | 'lucid'

type Shape = z.ZodObject
type Read<S> = S extends z.ZodType ? z.output<S> : undefined

/** One endpoint: its schemas are the only validation and the source of the OpenAPI document. */
export interface EndpointShape<
  P extends Shape | undefined,
  Q extends Shape | undefined,
  B extends z.ZodType | undefined,
  R extends z.ZodType,
> {
  readonly method: 'GET' | 'POST' | 'DELETE' | 'PUT' | 'PATCH'
  /** As in OpenAPI: `/v1/dreams/{dream_id}`. */
  readonly path: string
  readonly family: Family
  /** signature: no API key; whoever calls is nobody until the handler has verified what was sent. */
  readonly authentication?: 'API key' | 'signature'
  /** Any one of these, or admin. Empty: any valid key. */
  readonly scopes: readonly Scope[]
  /** One sentence for the reader of the OpenAPI document. */
  readonly summary: string
  readonly params?: P
  readonly query?: Q
  /** JSON body. Without it the body is not read at all: the handler may read `request.body` itself. */
  readonly body?: B
  /** Largest body in bytes; 32 MiB when left out. */
  readonly maxBytes?: number
  /** What 200 answers. A handler that answers with a `Response` of its own still says what it holds. */
  readonly response: R
  /** Media type of the response; JSON when left out. */
  readonly media?: string
  readonly handle: (call: Call<Read<P>, Read<Q>, Read<B>>) => Promise<z.input<R> | Response>
}

export interface Call<P, Q, B> {
  readonly context: ApiContext
  readonly caller: Caller
  /** Who is written into audit records and versions. */
  readonly actor: { readonly type: 'api_key'; readonly id: string }
  readonly params: P
  readonly query: Q
  readonly body: B
  readonly request: Request
  readonly requestId: string
}

/** An endpoint whose types were checked where it was defined. */
export type Endpoint = EndpointShape<
  Shape | undefined,
  Shape | undefined,
  z.ZodType | undefined,
  z.ZodType
>

/** Checks the handler against its schemas; afterwards only the router calls it, with what they parsed. */
export function defineEndpoint<
  R extends z.ZodType,
  P extends Shape | undefined = undefined,
  Q extends Shape | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
>(endpoint: EndpointShape<P, Q, B, R>): Endpoint {
  return endpoint as unknown as Endpoint
}
