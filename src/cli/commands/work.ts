import { runWorker } from '../../pipeline/worker.ts'
import { exitCodes } from '../exit-codes.ts'
import { type GlobalOptions, type Invocation, withData } from '../invocation.ts'

/** Works on jobs until the process is told to stop; any number of these may share one Postgres. */
export function runWork(invocation: Invocation, options: GlobalOptions): Promise<number> {
  return withData(invocation, options, async (opened) => {
    invocation.note(`Working on the jobs of ${opened.databasePath}`)
    await runWorker(opened.context)
    invocation.note('Stopped at a safe point; what was begun goes on with the next worker.')
    return exitCodes.ok
  })
}

/** Opening a database brings its schema up to date; this does nothing else. */
export function runMigrate(invocation: Invocation, options: GlobalOptions): Promise<number> {
  return withData(invocation, options, async (opened) => {
    invocation.note(`The schema of ${opened.databasePath} is up to date.`)
    return exitCodes.ok
  })
}
