import { dreamReportAnswer } from '../../contract/lucid/dream-reports.ts'
import { dreamPath } from '../../contract/lucid/findings.ts'
import { DomainError } from '../../core/errors.ts'
import type { DreamId } from '../../core/ids.ts'
import { presentDream } from '../../core/present/dream.ts'
import type { DreamReport } from '../../core/present/dream-report.ts'
import { getDream } from '../../storage/dreams.ts'
import { defineEndpoint } from '../endpoint.ts'

export const dreamReportEndpoints = [
  defineEndpoint({
    method: 'GET',
    path: '/lucid/v1/dreams/{dream_id}/report',
    family: 'lucid',
    scopes: ['review'],
    summary: 'What a dream read and compared, where it is silent and why, and what it held back.',
    params: dreamPath,
    response: dreamReportAnswer,
    async handle({ context, params }) {
      const id = params.dream_id as DreamId
      const dream = await context.database.read((reader) => getDream(reader, id))
      if (dream.report === null) {
        throw new DomainError(
          'conflict',
          `Dream ${id} is ${dream.status} and has no report; its last step writes it.`,
        )
      }
      const report = dream.report as unknown as Omit<DreamReport, 'dreamId'>
      return { type: 'dream_report' as const, ...presentDream({ ...report, dreamId: id }) }
    },
  }),
]
