import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client'

/** How often each rule of a policy denied something, over all processes of the database. */
export type CountDenials = () => Promise<
  readonly { readonly rule: string; readonly mode: string; readonly decisions: number }[]
>

/** Prometheus metrics of one process; names are listed in docs/operations.md. */
export function makeMetrics(countDenials: CountDenials) {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const requests = new Counter({
    name: 'lucidream_http_requests_total',
    help: 'Requests by route and status',
    labelNames: ['route', 'status'],
    registers: [registry],
  })
  const seconds = new Histogram({
    name: 'lucidream_http_request_duration_seconds',
    help: 'Seconds a request took, streams left out',
    labelNames: ['route'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  })
  new Counter({
    name: 'lucidream_policy_denials_total',
    help: 'Decisions in which a rule of a policy denied a change; under audit: would have',
    labelNames: ['rule', 'mode'],
    registers: [registry],
    async collect() {
      this.reset()
      for (const { rule, mode, decisions } of await countDenials()) {
        this.inc({ rule, mode }, decisions)
      }
    },
  })
  return {
    registry,
    observe(route: string, status: number, duration: number): void {
      requests.inc({ route, status })
      seconds.observe({ route }, duration)
    },
  }
}
