import type { Endpoint } from './endpoint.ts'
import { apiKeyEndpoints } from './lucid/api-keys.ts'
import { dreamEndpoints } from './v1/dreams.ts'
import { modelEndpoints } from './v1/models.ts'

/** Every endpoint there is. */
export const endpoints: readonly Endpoint[] = [
  ...apiKeyEndpoints,
  ...dreamEndpoints,
  ...modelEndpoints,
]
