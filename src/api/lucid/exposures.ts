import type { z } from 'zod'
import {
  confirmedExposure,
  coverage,
  coverageQuery,
  exposureConfirmation,
  exposurePage,
  exposurePath,
  exposureQuery,
} from '../../contract/lucid/exposures.ts'
import type { ExperimentId, ExposureId, MemoryStoreId, SessionId } from '../../core/ids.ts'
import {
  confirmExposure,
  type Exposure,
  exposureCoverage,
  listExposures,
} from '../../storage/exposures.ts'
import { getSession } from '../../storage/sessions.ts'
import { toOutbox } from '../../storage/webhook-deliveries.ts'
import { defineEndpoint } from '../endpoint.ts'
import { reading } from '../v1/memory-frame.ts'
import { cutPage, readTimeCursor, writeTimeCursor } from '../v1/time-pages.ts'

const family = 'lucid'
const list = 'exposures desc'

export const exposureEndpoints = [
  defineEndpoint({
    method: 'POST',
    path: '/lucid/v1/exposures/{exposure_id}/confirm',
    family,
    scopes: [...reading, 'ingest'],
    summary: 'Says that what was delivered stood in context; a second time changes nothing.',
    params: exposurePath,
    body: exposureConfirmation,
    response: confirmedExposure,
    async handle({ context, actor, params, body }) {
      const sessionId = (body.session_id ?? null) as SessionId | null
      return context.database.write(actor, async (writer) => {
        if (sessionId !== null) await getSession(writer, sessionId)
        const id = params.exposure_id as ExposureId
        return presentBlind(await confirmExposure(writer, toOutbox(context), { id, sessionId }))
      })
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: '/lucid/v1/exposures',
    family,
    scopes: ['review'],
    summary: 'Who read which version, newest first; with the arm, so not for agents.',
    query: exposureQuery,
    response: exposurePage,
    async handle({ context, query }) {
      const { keyring, database } = context
      const after = readTimeCursor(keyring, { list, page: query.page })
      const found = await database.read((reader) =>
        listExposures(reader, {
          storeId: query.store as MemoryStoreId | undefined,
          experimentId: query.experiment_id as ExperimentId | undefined,
          sessionId: query.session_id as SessionId | undefined,
          unit: query.unit,
          via: query.via,
          after: after ? { assignedAt: after.createdAt, id: after.id as ExposureId } : undefined,
          limit: query.limit + 1,
        }),
      )
      return cutPage(found, query.limit, {
        present,
        cursor: ({ id, assignedAt }) =>
          writeTimeCursor(keyring, list, { id, createdAt: assignedAt }),
      })
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: '/lucid/v1/exposure_coverage',
    family,
    scopes: ['review'],
    summary: 'How many units of each arm of an experiment were assigned, reached and confirmed.',
    query: coverageQuery,
    response: coverage,
    async handle({ context, query }) {
      const id = query.experiment_id as ExperimentId
      const arms = await context.database.read((reader) => exposureCoverage(reader, id))
      return {
        type: 'exposure_coverage',
        experiment_id: id,
        arms: arms.map(({ withSession, ...arm }) => ({ ...arm, with_session: withSession })),
      }
    },
  }),
]

const presentBlind = (exposure: Exposure): z.input<typeof confirmedExposure> => ({
  type: 'exposure',
  id: exposure.id,
  memory_store_id: exposure.storeId,
  session_id: exposure.sessionId,
  content_hash: exposure.contentHash,
  assigned_at: exposure.assignedAt,
  delivered_at: exposure.deliveredAt,
  confirmed_at: exposure.confirmedAt,
})

const present = (exposure: Exposure): z.input<typeof exposurePage>['data'][number] => ({
  ...presentBlind(exposure),
  experiment_id: exposure.experimentId,
  unit: exposure.unit,
  unit_ordinal: exposure.unitOrdinal,
  arm: exposure.arm,
  task_type: exposure.taskType,
  via: exposure.via,
  withheld: exposure.withheld && {
    share: exposure.withheld.share,
    items: [...exposure.withheld.items],
  },
  washout: exposure.washout === 1,
})
