import { regressionPage } from '../../contract/lucid/regressions.ts'
import { listRegressions } from '../../storage/regressions.ts'
import { defineEndpoint } from '../endpoint.ts'

const newest = 100

export const regressionEndpoints = [
  defineEndpoint({
    method: 'GET',
    path: '/lucid/v1/regressions',
    family: 'lucid',
    scopes: ['review'],
    summary: `The newest ${newest} promotions that did harm, with what was done about each.`,
    response: regressionPage,
    async handle({ context }) {
      const found = await context.database.read((reader) => listRegressions(reader, newest))
      return {
        data: found.map(({ id, experimentId, reason, report, createdAt }) => ({
          type: 'regression' as const,
          id,
          experiment_id: experimentId,
          memory_store_id: report.storeId,
          reason,
          rolled_back: report.isRolledBack,
          change_ids: [...report.changeIds],
          paths: [...report.paths],
          created_at: createdAt,
        })),
      }
    },
  }),
]
