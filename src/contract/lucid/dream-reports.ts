import { z } from 'zod'
import { dreamReport } from '../dream.ts'

/** What a dream read, compared, kept silent about and held back. */
export const dreamReportAnswer = z.object({ type: z.literal('dream_report'), ...dreamReport })
