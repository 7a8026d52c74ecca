import { join } from 'node:path'
import { importPaths } from '../../pipeline/import.ts'
import { exitCodes } from '../exit-codes.ts'
import { type GlobalOptions, type Invocation, withData } from '../invocation.ts'
import { renderImport } from '../report/import.ts'
import { dreamOver } from './dream.ts'
import { offerStarter } from './serve.ts'

/** What `npm start` runs: the bundled transcripts in, the report out. */
export function runDemo(invocation: Invocation, options: GlobalOptions): Promise<number> {
  const { demo, dataDirectory } = invocation.surroundings
  return withData(invocation, options, async (opened) => {
    invocation.note(
      'Reading the bundled airline sessions (tau-bench and tau2-bench, MIT) and the notes in data/airline/memory.',
    )
    await offerStarter(invocation, opened.context)
    const imported = await importPaths(
      opened.context,
      [demo.transcripts],
      invocation.progress.report,
    )
    invocation.progress.end()
    for (const line of renderImport(imported, invocation)) invocation.note(line)
    if (imported.totals.failedFiles > 0) return exitCodes.failed
    const out = join(options.data ?? dataDirectory, 'proposals')
    return dreamOver(invocation, opened, { ...options, memory: demo.memory, out })
  })
}
