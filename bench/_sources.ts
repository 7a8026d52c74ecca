import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { QuotedCase } from '../src/core/mining/case.ts'
import {
  airlineTranscripts,
  type ReadSession,
  readTranscriptFile,
  sharedData,
  toCase,
} from '../test/_airline.ts'

/** Where real transcripts lie and which files of a folder belong to a source. */
const sources = {
  airline: { folder: airlineTranscripts, files: /\.json\.gz$/ },
  retail: { folder: sharedData, files: /^(?:tau-bench|tau2-bench)\/[^/]*retail[^/]*\.json\.gz$/ },
  telecom: { folder: sharedData, files: /^tau2-bench\/[^/]*telecom[^/]*\.json\.gz$/ },
  'tau-bench': { folder: join(sharedData, 'tau-bench'), files: /\.json\.gz$/ },
  tau2: { folder: join(sharedData, 'tau2-bench'), files: /^[^/]*\.json\.gz$/ },
  intercode: { folder: join(sharedData, 'intercode'), files: /\.json\.gz$/ },
  'entire-cli': { folder: join(sharedData, 'entire-cli/sessions'), files: /\.jsonl\.gz$/ },
  'who-and-when': { folder: join(sharedData, 'who-and-when'), files: /\.jsonl\.gz$/ },
} as const

export type SourceName = keyof typeof sources

/** Files of a source in code-unit order; none where the larger set of transcripts is absent. */
export function listSource(name: SourceName): string[] {
  const { folder, files } = sources[name]
  if (!existsSync(folder)) return []
  const inside = folder === sharedData ? ['tau-bench', 'tau2-bench'] : ['']
  return inside
    .flatMap((sub) => readdirSync(join(folder, sub)).map((file) => join(sub, file)))
    .filter((file) => files.test(file))
    .toSorted()
    .map((file) => join(folder, file))
}

/** Sessions of a source as its importer gives them; files are read one after the other to keep memory low. */
export async function readSourceSessions(name: SourceName): Promise<ReadSession[]> {
  const sessions: ReadSession[] = []
  for (const path of listSource(name)) sessions.push(...(await readTranscriptFile(path)).sessions)
  return sessions
}

/** The same as the miners see them. Sessions are dropped file by file: entire-cli holds 370 MB of text. */
export async function readSource(name: SourceName): Promise<QuotedCase[]> {
  const cases: QuotedCase[] = []
  for (const path of listSource(name)) {
    cases.push(...(await readTranscriptFile(path)).sessions.map(toCase))
  }
  return cases
}
