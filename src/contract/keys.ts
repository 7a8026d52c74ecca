import { z } from 'zod'
import { apiKey } from './lucid/api-keys.ts'

/** `lucidream keys --json`. */
export const keysDocument = z.object({
  version: z.literal(1),
  kind: z.literal('api_keys'),
  data: z.array(apiKey),
})
export type KeysDocument = z.infer<typeof keysDocument>

/** `lucidream keys create --json` and `revoke --json`; `key` only when it was made just now. */
export const keyDocument = z.object({
  version: z.literal(1),
  kind: z.literal('api_key'),
  api_key: apiKey,
  key: z.string().nullable(),
})
export type KeyDocument = z.infer<typeof keyDocument>
