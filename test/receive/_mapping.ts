import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Mapped, Mapper } from '../../src/core/receive/mapping.ts'
import type { SenderKind } from '../../src/core/receive/scheme.ts'
import type { Json } from '../../src/core/session.ts'
import { sharedData } from '../_airline.ts'

/** Examples that GitHub's own webhook library publishes (MIT, see LICENSE-github-sample). */
export interface GitHubExample {
  readonly event: string
  readonly file: string
  readonly payload: { readonly action?: string }
}

/** All of them where the larger set of data is present, and always a few. */
export function readGitHubExamples(): readonly GitHubExample[] {
  const whole = join(sharedData, 'webhooks/github.jsonl.gz')
  const path = existsSync(whole) ? whole : join(import.meta.dirname, 'github-sample.jsonl.gz')
  const text = gunzipSync(readFileSync(path)).toString('utf8')
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

export const receivedAt = Date.parse('2026-11-25T08:00:00Z')

/** One payload through the mapping that comes with a provider. */
export function mapBuiltIn(
  mapper: Mapper,
  provider: SenderKind,
  { payload, event = '' }: { readonly payload: Json | object; readonly event?: string },
): Promise<Mapped> {
  return mapper.map({
    mapping: mapper.findBuiltIn(provider) ?? '',
    condition: null,
    event,
    headers: {},
    body: Buffer.from(JSON.stringify(payload)),
    receivedAt,
  })
}

/** What a person wants to see of it, in a line or as signals. */
export const show = (mapped: Mapped) =>
  mapped.type === 'signals' ? mapped.signals : `${mapped.type}: ${mapped.reason}`
