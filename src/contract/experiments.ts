import { z } from 'zod'
import { experiment, experimentPage, season, verifiedExperiment } from './lucid/experiments.ts'

/** `lucidream experiments --json` */
export const experimentsDocument = experimentPage.omit({ next_page: true }).extend({
  version: z.literal(1),
  kind: z.literal('experiments'),
})
export type ExperimentsDocument = z.infer<typeof experimentsDocument>

/** `lucidream experiments show | create | start | pause | resume | stop | promote --json`, `lucidream rollout --json` */
export const experimentDocument = experiment.omit({ type: true }).extend({
  version: z.literal(1),
  kind: z.literal('experiment'),
})
export type ExperimentDocument = z.infer<typeof experimentDocument>

/** `lucidream experiments verify --json` */
export const experimentVerificationDocument = verifiedExperiment.omit({ type: true }).extend({
  version: z.literal(1),
  kind: z.literal('experiment_verification'),
})
export type ExperimentVerificationDocument = z.infer<typeof experimentVerificationDocument>

/** `lucidream experiments season --json` */
export const experimentSeasonDocument = season.omit({ type: true }).extend({
  version: z.literal(1),
  kind: z.literal('experiment_season'),
})
export type ExperimentSeasonDocument = z.infer<typeof experimentSeasonDocument>
