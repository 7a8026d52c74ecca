import { runWorker } from '../../pipeline/worker.ts'
import { exitCodes } from '../exit-codes.ts'
import {
  choosePlace,
  type GlobalOptions,
  type Invocation,
  nameDatabase,
  withData,
} from '../invocation.ts'

/** Works on jobs until the process is told to stop; any number of these may share one Postgres. */
export function runWork(invocation: Invocation, options: GlobalOptions): Promise<number> {
  return withData(invocation, options, async (opened) => {
    invocation.note(`Working on the jobs of ${nameDatabase(opened)}`)
    await runWorker(opened.context)
    invocation.note('Stopped at a safe point; what was begun goes on with the next worker.')
    return exitCodes.ok
  })
}

/** Brings the schema up to date and does nothing else; where it is already, says so. */
export async function runMigrate(invocation: Invocation, options: GlobalOptions): Promise<number> {
  const { surroundings } = invocation
  const { before, after } = await surroundings.migrate(choosePlace(surroundings, options))
  invocation.note(
    before === after
      ? `The schema is up to date: ${after} migrations.`
      : `The schema went from ${before} to ${after} migrations.`,
  )
  return exitCodes.ok
}
