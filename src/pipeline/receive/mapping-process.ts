import type { Expressions, MappingTask } from '../../core/receive/mapping.ts'
import { checkExpressions, type Evaluated, mapDelivery } from './expressions.ts'

/** What the process is asked, one question at a time. */
export type Question =
  | { readonly type: 'map'; readonly task: MappingTask }
  | { readonly type: 'check'; readonly task: Expressions }

export type Reply =
  | { readonly type: 'ready' }
  | Evaluated
  | { readonly type: 'checked'; readonly fault: string | null }

const reply = (message: Reply) => process.send?.(message)

process.on('message', async (question: Question) => {
  reply(
    question.type === 'map'
      ? await mapDelivery(question.task)
      : { type: 'checked', fault: checkExpressions(question.task) },
  )
})
// Nobody is left to answer.
process.on('disconnect', () => process.exit())
reply({ type: 'ready' })
