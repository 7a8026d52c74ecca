import type { Clock } from '../core/clock.ts'
import { DomainError } from '../core/errors.ts'

/** Requests a minute and key; 0 means no limit. One process counts for itself. */
export interface RateLimits {
  readonly writesPerMinute: number
  readonly readsPerMinute: number
}

export interface Allowance {
  readonly limit: number
  readonly remaining: number
  /** When all of the limit is there again, milliseconds since the epoch. */
  readonly resetAt: number
}

interface Bucket {
  tokens: number
  filledAt: number
}

type Kind = 'read' | 'write' | 'hook'

const minute = 60_000
/** Keys that are forgotten when more than this many called: their buckets are full again long since. */
const maxBuckets = 10_000

/** A bucket a key and kind, filled steadily: a minute's worth may come at once. */
export function makeRateLimiter(limits: RateLimits, clock: Clock) {
  const buckets = new Map<string, Bucket>()
  const byKind = {
    read: limits.readsPerMinute,
    write: limits.writesPerMinute,
    // Of each webhook source: a busy sender sends in bursts.
    hook: limits.writesPerMinute * 10,
  }
  return function take(keyId: string, kind: Kind): Allowance | null {
    const limit = byKind[kind]
    if (limit === 0) return null
    const now = clock()
    const name = `${kind} ${keyId}`
    const bucket = buckets.get(name) ?? { tokens: limit, filledAt: now }
    bucket.tokens = Math.min(limit, bucket.tokens + ((now - bucket.filledAt) * limit) / minute)
    bucket.filledAt = now
    remember(buckets, name, bucket)
    if (bucket.tokens < 1) throw tooMany(kind, limit, bucket.tokens)
    bucket.tokens -= 1
    const resetAt = now + ((limit - bucket.tokens) * minute) / limit
    return { limit, remaining: Math.floor(bucket.tokens), resetAt }
  }
}

function remember(buckets: Map<string, Bucket>, name: string, bucket: Bucket): void {
  buckets.delete(name)
  buckets.set(name, bucket)
  if (buckets.size <= maxBuckets) return
  const [oldest] = buckets.keys()
  buckets.delete(oldest as string)
}

function tooMany(kind: Kind, limit: number, tokens: number): DomainError {
  const seconds = Math.max(1, Math.ceil(((1 - tokens) * 60) / limit))
  return new DomainError(
    'rate_limited',
    kind === 'hook'
      ? `This address takes ${limit} webhooks a minute. Try again in ${seconds} s.`
      : `This key may make ${limit} ${kind} requests a minute. Try again in ${seconds} s.`,
    { details: { retry_after: seconds } },
  )
}
