import { z } from 'zod'
import { errorEnvelope } from '../contract/v1/wire.ts'
import type { Endpoint } from './endpoint.ts'

type Schema = Record<string, unknown>

/** OpenAPI 3.1 of the endpoints, made of the schemas that validate them. */
export function renderOpenApi(endpoints: readonly Endpoint[], version: string) {
  const paths: Record<string, Record<string, object>> = {}
  for (const endpoint of endpoints.toSorted(byPath)) {
    const path = paths[endpoint.path] ?? {}
    path[endpoint.method.toLowerCase()] = describe(endpoint)
    paths[endpoint.path] = path
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Lucidream',
      version,
      description:
        'Paths under /v1 speak the Claude Managed Agents wire; paths under /lucid/v1 are Lucidream’s own.',
    },
    security: [{ bearer: [] }, { apiKey: [] }],
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
      },
      schemas: { Error: toSchema(errorEnvelope, 'output') },
    },
  }
}

const byPath = (a: Endpoint, b: Endpoint) =>
  a.path === b.path ? compare(a.method, b.method) : compare(a.path, b.path)
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

function describe(endpoint: Endpoint) {
  const { params, query, body, response, media = 'application/json' } = endpoint
  const answered = media === 'application/json' ? toSchema(response, 'output') : { type: 'string' }
  return {
    operationId: operationId(endpoint),
    summary: endpoint.summary,
    tags: [endpoint.family],
    ...describeAccess(endpoint),
    parameters: [...parameters(params, 'path'), ...parameters(query, 'query')],
    ...(body
      ? {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: toSchema(body, 'input') } },
          },
        }
      : {}),
    responses: {
      200: { description: 'Done.', content: { [media]: { schema: answered } } },
      default: {
        description: 'Refused; the message says why.',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    },
  }
}

function describeAccess({ authentication, scopes }: Endpoint) {
  return authentication === 'signature'
    ? { security: [], description: 'No API key: what is sent is signed.' }
    : { description: `Scopes: ${[...scopes, 'admin'].join(', ')}.` }
}

/** `post_v1_dreams_dream_id_cancel` */
const operationId = ({ method, path }: Endpoint) =>
  `${method.toLowerCase()}${path.replaceAll(/[^A-Za-z0-9]+/g, '_').replace(/_$/, '')}`

function parameters(schema: z.ZodObject | undefined, place: 'path' | 'query'): object[] {
  if (!schema) return []
  const { properties = {}, required = [] } = toSchema(schema, 'input') as {
    properties?: Record<string, Schema>
    required?: string[]
  }
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: property,
    ...(property.type === 'object' ? { style: 'deepObject', explode: true } : {}),
  }))
}

function toSchema(schema: z.ZodType, io: 'input' | 'output'): Schema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    reused: 'inline',
    cycles: 'ref',
  }) as Schema
  return rest
}
