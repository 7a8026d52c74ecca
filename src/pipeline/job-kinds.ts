import { roundKind } from '../storage/experiment-rounds.ts'
import type { Job } from '../storage/jobs.ts'
import { collectKind } from '../storage/overlay-dreams.ts'
import type { Context } from './context.ts'
import { runDreamStep } from './dream-step.ts'
import { runRound } from './experiments.ts'
import { runImportJob } from './import-job.ts'
import { receiveDelivery } from './receive/receive.ts'
import { stepKinds } from './step.ts'
import { deliverWebhook } from './webhooks/deliver.ts'

/** Does one claimed job and settles it in its last write; what it throws is logged, and its lease runs out. */
export type JobHandler = (context: Context, job: Job) => Promise<void>

/** Work that takes minutes: one job of these at a time in each process. */
export const slowKinds: Readonly<Record<string, JobHandler>> = {
  ...Object.fromEntries(
    [...stepKinds, collectKind].map((kind) => [
      kind,
      (context: Context, job: Job) => runDreamStep(context, job),
    ]),
  ),
  import: runImportJob,
}

/** Work that nobody should wait for behind a dream. */
export const quickKinds: Readonly<Record<string, JobHandler>> = {
  webhook: deliverWebhook,
  receive: receiveDelivery,
  [roundKind]: runRound,
}
