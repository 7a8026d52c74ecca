import { seededRandom } from '../../src/core/statistics/random.ts'

/** One observation of an agent's work: a call and what came back. */
export interface Observation {
  readonly session: string
  readonly tool: string
  readonly text: string
  readonly failed: boolean
  /** Index of the planted template, or null for noise. */
  readonly planted: number | null
}

const templates: readonly ((n: () => string) => [string, string])[] = [
  (n) => ['charge_card', `Error: card ${n()} was declined by bank ${n()}`],
  (n) => ['get_order', `Error: order ${n()} is locked by user ${n()}`],
  (n) => ['write_file', `Error: permission denied writing /srv/app/run-${n()}/out.log`],
  (n) => ['http_get', `Error: request ${n()} failed with status 429 after ${n()} ms`],
  (n) => ['run_query', `Error: relation "table_${n()}" has no column "total_${n()}"`],
  (n) => ['send_mail', `Error: mailbox user${n()}@example.com rejected message ${n()}`],
  (n) => ['book_seat', `Error: seat ${n()} on flight HAT${n()} is not available`],
  (n) => ['deploy', `Error: health check of release ${n()} timed out after ${n()} s`],
]

const words =
  'amber basin cedar delta ember fjord grove haven inlet jetty knoll ledge maple north ocean prairie quarry ridge shore tide upland valley willow yonder anchor beacon canyon dune estuary glacier harbor island lagoon mesa oasis plateau reef summit tundra volcano'.split(
    ' ',
  )

/** `count` observations, a third of them planted errors; the rest calls that work and errors all different. */
export function plantErrors(
  count: number,
  seed: number,
  pattern: 'planted' | 'noise',
): Observation[] {
  const random = seededRandom(seed)
  const n = () => String(1_000 + Math.floor(random() * 9_000))
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T
  const phrase = (length: number) => Array.from({ length }, () => pick(words)).join(' ')
  return Array.from({ length: count }, (_, i): Observation => {
    const session = `s${String(Math.floor(i / 5)).padStart(5, '0')}`
    const kind = random()
    if (kind < 0.33 && pattern === 'planted') {
      const planted = Math.floor(random() * templates.length)
      const [tool, text] = (templates[planted] as (typeof templates)[number])(n)
      return { session, tool, text, failed: true, planted }
    }
    if (kind < 0.45) {
      return {
        session,
        tool: pick(words),
        text: `Error: ${phrase(7)}`,
        failed: true,
        planted: null,
      }
    }
    return {
      session,
      tool: `get_${pick(words)}`,
      text: `ok: ${phrase(6)} ${n()}`,
      failed: false,
      planted: null,
    }
  })
}

export const templateCount = templates.length
