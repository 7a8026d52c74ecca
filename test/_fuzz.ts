import { z } from 'zod'
import type { Endpoint } from '../src/api/endpoint.ts'

/** A request made of an endpoint's own schemas: usually nearly right, sometimes hostile. */
export interface FuzzRequest {
  readonly endpoint: Endpoint
  readonly path: string
  readonly init: {
    readonly method: string
    readonly headers: Record<string, string>
    body?: string
  }
}

type Random = () => number
type Schema = Record<string, unknown>

/** mulberry32: the same seed, the same requests. */
export function makeRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const hostile: readonly unknown[] = [
  '',
  ' ',
  '\0',
  '\ud800',
  'a\u202eb',
  '../../etc/passwd',
  '/..',
  "' OR 1=1 --",
  '"; DROP TABLE memories; --',
  '%00',
  '{{7*7}}',
  '__proto__',
  'constructor',
  '𝒜'.repeat(700),
  'x'.repeat(5_000),
  0,
  -1,
  1.5,
  1e308,
  Number.MAX_SAFE_INTEGER + 1,
  null,
  true,
  [],
  {},
  [[[[]]]],
  { __proto__: null, a: 1 },
  '9999-99-99T99:99:99Z',
  '2026-11-25T08:00:00Z',
]

/** Remembers ids, hashes and paths that answers showed, so that later requests meet real rows. */
export class Fuzzer {
  readonly #endpoints: readonly Endpoint[]
  readonly #random: Random
  readonly #ids = new Map<string, string[]>()
  #known: string[] = []
  readonly #schemas = new Map<z.ZodType, Schema>()

  constructor(endpoints: readonly Endpoint[], seed: number) {
    this.#endpoints = endpoints
    this.#random = makeRandom(seed)
  }

  next(): FuzzRequest {
    const endpoint = this.#pick(this.#endpoints)
    const { method, params, query, body } = endpoint
    const values = params
      ? (this.#make(this.#schema(params), '') as Record<string, unknown> | null)
      : {}
    const path = endpoint.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
      encodeURIComponent(asText(this.#chance(0.9) ? this.#id(name) : values?.[name])),
    )
    const search = query ? this.#query(query) : ''
    const headers: Record<string, string> = {}
    if (this.#chance(0.9)) headers['content-type'] = 'application/json'
    const init: FuzzRequest['init'] = { method, headers }
    if (method !== 'GET' && body) init.body = this.#body(body)
    else if (method !== 'GET' && method !== 'DELETE' && this.#chance(0.3))
      init.body = 'raw \0 bytes'
    return { endpoint, path: `${path}${search}`, init }
  }

  /** Learns from an answer. */
  remember(value: unknown, depth = 0): void {
    if (depth > 8 || value === null) return
    if (Array.isArray(value)) for (const one of value.slice(0, 20)) this.remember(one, depth + 1)
    else if (typeof value === 'object')
      for (const one of Object.values(value)) this.remember(one, depth + 1)
    else if (typeof value === 'string') this.#keep(value)
  }

  #keep(text: string): void {
    if (/^[a-z]+_[A-Za-z0-9_]{4,60}$/.test(text)) {
      const prefix = text.slice(0, text.indexOf('_'))
      const list = this.#ids.get(prefix) ?? []
      list.push(text)
      if (list.length > 200) list.shift()
      this.#ids.set(prefix, list)
    } else if (/^[0-9a-f]{64}$/.test(text) || (text.startsWith('/') && text.length < 200)) {
      this.#known.push(text)
      if (this.#known.length > 500) this.#known = this.#known.slice(-250)
    }
  }

  #query(schema: z.ZodObject): string {
    const made = this.#make(this.#schema(schema), '')
    if (typeof made !== 'object' || made === null) return ''
    const search = new URLSearchParams()
    for (const [key, value] of Object.entries(made as Record<string, unknown>)) {
      if (Array.isArray(value)) for (const one of value) search.append(`${key}[]`, asText(one))
      else if (typeof value === 'object' && value !== null)
        for (const [inner, one] of Object.entries(value))
          search.append(`${key}[${inner}]`, asText(one))
      else search.append(key, asText(value))
    }
    const text = search.toString()
    return text === '' ? '' : `?${text}`
  }

  #body(schema: z.ZodType): string {
    if (this.#chance(0.02)) return this.#pick(['', '{', 'null', '[]', '"x"', '{"a":', '\ufeff{}'])
    const text = JSON.stringify(this.#make(this.#schema(schema), '')) ?? 'null'
    return this.#chance(0.01) ? text.slice(0, Math.floor(text.length * this.#random())) : text
  }

  #schema(type: z.ZodType): Schema {
    const known = this.#schemas.get(type)
    if (known) return known
    const made = z.toJSONSchema(type, { io: 'input', unrepresentable: 'any', reused: 'inline' })
    this.#schemas.set(type, made as Schema)
    return made as Schema
  }

  #make(schema: Schema, name: string): unknown {
    if (this.#chance(0.03)) return this.#pick(hostile)
    const choices = (schema.anyOf ?? schema.oneOf) as Schema[] | undefined
    if (choices) return this.#make(this.#pick(choices), name)
    const all = schema.allOf as Schema[] | undefined
    if (all) return Object.assign({}, ...all.map((one) => this.#make(one, name)))
    if ('const' in schema) return schema.const
    if (Array.isArray(schema.enum)) return this.#pick(schema.enum)
    switch (schema.type) {
      case 'object':
        return this.#object(schema)
      case 'array':
        return this.#list(schema, name)
      case 'integer':
      case 'number':
        return this.#number(schema)
      case 'boolean':
        return this.#chance(0.5)
      case 'null':
        return null
      default:
        return this.#text(schema, name)
    }
  }

  #object(schema: Schema): Record<string, unknown> {
    const required = (schema.required ?? []) as string[]
    const made: Record<string, unknown> = {}
    for (const [key, property] of Object.entries(
      (schema.properties ?? {}) as Record<string, Schema>,
    )) {
      const wanted = required.includes(key) ? !this.#chance(0.03) : this.#chance(0.4)
      if (wanted) made[key] = this.#make(property, key)
    }
    const extra = schema.additionalProperties
    if (extra && typeof extra === 'object' && !schema.properties) {
      for (let i = 0; i < this.#random() * 4; i += 1)
        made[`k${i}`] = this.#make(extra as Schema, 'k')
    }
    if (this.#chance(0.03)) made.surprise = this.#pick(hostile)
    return made
  }

  #list(schema: Schema, name: string): unknown[] {
    const least = Number(schema.minItems ?? 0)
    const count = least + Math.floor(this.#random() * 3)
    return Array.from({ length: count }, () => this.#make((schema.items ?? {}) as Schema, name))
  }

  #number(schema: Schema): number {
    const least = Number(schema.minimum ?? 0)
    const most = Math.min(Number(schema.maximum ?? 1_000), least + 1_000)
    return least + Math.floor(this.#random() * (most - least + 1))
  }

  #text(schema: Schema, name: string): string {
    if (/(^|_)ids?$/.test(name) || name.endsWith('_id')) return this.#id(name)
    if (/path/.test(name) && this.#chance(0.7)) return `/f${Math.floor(this.#random() * 40)}.md`
    if (/sha256/.test(name) && this.#known.length > 0) return this.#pick(this.#known)
    if (/_at$|since|until|from|to|gte?|lte?/.test(name) && this.#chance(0.7)) {
      return new Date(1.7e12 + this.#random() * 2e11).toISOString()
    }
    const least = Number(schema.minLength ?? 0)
    const word = 'lorem ipsum dolor sit amet consectetur '
    return word.slice(0, Math.max(least, Math.floor(this.#random() * 30)))
  }

  /** An id that was seen, of the kind that the field's name asks for where that can be told. */
  #id(name: string): string {
    const stem = name.replace(/_?ids?$/, '').replaceAll('_', '')
    const prefixes = [...this.#ids.keys()]
    const fitting = prefixes.filter((prefix) => stem.startsWith(prefix) || prefix.startsWith(stem))
    const prefix =
      fitting.length > 0 && this.#chance(0.9) ? this.#pick(fitting) : this.#pick(prefixes)
    const list = (prefix && this.#ids.get(prefix)) || []
    return list.length > 0 && this.#chance(0.95) ? this.#pick(list) : 'nothing_000000'
  }

  #pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.#random() * list.length)] as T
  }

  #chance(share: number): boolean {
    return this.#random() < share
  }
}

function asText(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined')
  return text.toWellFormed()
}
