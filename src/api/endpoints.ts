import type { Endpoint } from './endpoint.ts'
import { apiKeyEndpoints } from './lucid/api-keys.ts'
import { agentEndpoints } from './v1/agents.ts'

/** Every endpoint there is. */
export const endpoints: readonly Endpoint[] = [...apiKeyEndpoints, ...agentEndpoints]
