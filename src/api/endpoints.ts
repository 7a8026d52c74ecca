import type { Endpoint } from './endpoint.ts'
import { apiKeyEndpoints } from './lucid/api-keys.ts'

/** Every endpoint there is. */
export const endpoints: readonly Endpoint[] = [...apiKeyEndpoints]
