import type { z } from 'zod'
import { model, modelPage, modelPath, modelQuery } from '../../contract/v1/models.ts'
import { DomainError } from '../../core/errors.ts'
import { defineEndpoint } from '../endpoint.ts'

const family = 'models'

/** The engines that run here, newest first. */
const models: readonly z.input<typeof model>[] = [
  {
    id: 'lucidream-builtin',
    type: 'model',
    display_name: 'Lucidream builtin engine',
    created_at: '2026-11-24T00:00:00Z',
    lifecycle: 'active',
    deprecated_at: null,
    retires_at: null,
    line: null,
    max_input_tokens: null,
    max_tokens: null,
    allowed_fallback_models: null,
    capabilities: null,
  },
]

export const modelEndpoints = [
  defineEndpoint({
    method: 'GET',
    path: '/v1/models',
    family,
    scopes: [],
    summary:
      'The engines that dreams run on here. A dream takes any other id too and runs on the builtin.',
    query: modelQuery,
    response: modelPage,
    async handle({ query }) {
      const wanted: readonly string[] = query.lifecycle ?? ['active', 'deprecated']
      const found = models.filter(({ lifecycle }) => wanted.includes(lifecycle))
      const from = query.after_id === undefined ? 0 : placeOf(found, query.after_id) + 1
      const to = query.before_id === undefined ? found.length : placeOf(found, query.before_id)
      const data = found.slice(from, Math.min(to, from + query.limit))
      return {
        data,
        has_more: from + data.length < to,
        first_id: data[0]?.id ?? null,
        last_id: data.at(-1)?.id ?? null,
      }
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: '/v1/models/{model_id}',
    family,
    scopes: [],
    summary: 'One engine.',
    params: modelPath,
    response: model,
    async handle({ params }) {
      const found = models.find(({ id }) => id === params.model_id)
      if (found) return found
      throw new DomainError('not_found', `There is no model ${params.model_id}.`)
    },
  }),
]

function placeOf(list: readonly { readonly id: string }[], id: string): number {
  const place = list.findIndex((one) => one.id === id)
  if (place !== -1) return place
  throw new DomainError('invalid_argument', `There is no model ${id} to page from.`)
}
