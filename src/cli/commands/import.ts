import { importPaths } from '../../pipeline/import.ts'
import { toImportDocument } from '../documents.ts'
import { exitCodes } from '../exit-codes.ts'
import { type GlobalOptions, type Invocation, withData } from '../invocation.ts'
import { renderImport } from '../report/import.ts'

/** Answers `partial` when any file could not be imported, `failed` when none could. */
export function runImport(
  invocation: Invocation,
  paths: readonly string[],
  options: GlobalOptions,
): Promise<number> {
  return withData(invocation, options, async ({ context }) => {
    const report = await importPaths(context, paths, invocation.progress.report)
    invocation.progress.end()
    invocation.print(toImportDocument(report), () => renderImport(report, invocation))
    const { failedFiles, files } = report.totals
    if (failedFiles === 0) return exitCodes.ok
    return failedFiles === files ? exitCodes.failed : exitCodes.partial
  })
}
