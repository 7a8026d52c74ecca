import { DomainError } from '../core/errors.ts'
import { exitCodes, toExitCode } from './exit-codes.ts'
import { type Progress, showProgress } from './progress.ts'
import type { DataPlace, Opened, Surroundings } from './surroundings.ts'
import { type Colours, makeColours } from './text.ts'

export interface GlobalOptions {
  readonly data?: string
  readonly databaseUrl?: string
  readonly json?: boolean
  readonly quiet?: boolean
  readonly color?: boolean
}

/** One command as it runs: where its output goes and in which form. */
export interface Invocation {
  readonly surroundings: Surroundings
  readonly json: boolean
  readonly colours: Colours
  readonly columns: number
  readonly progress: Progress
  /** A document for programs, or lines for people; exactly one of them is printed. */
  readonly print: (document: object, lines: () => readonly string[]) => void
  /** For people only, on stderr. */
  readonly note: (line: string) => void
}

const widest = 100

export function invoke(surroundings: Surroundings, options: GlobalOptions): Invocation {
  const { stdout, stderr, clock } = surroundings
  const json = options.json === true
  const quiet = options.quiet === true
  const silent = { ...stderr, write: () => {} }
  return {
    surroundings,
    json,
    colours: makeColours(wantColour(surroundings, options)),
    columns: Math.max(40, Math.min(stdout.columns ?? widest, widest)),
    progress: showProgress(quiet ? silent : stderr, clock),
    print: (document, lines) => {
      stdout.write(
        json
          ? `${JSON.stringify(document, null, 2)}\n`
          : lines()
              .map((line) => `${line}\n`)
              .join(''),
      )
    },
    note: (line) => {
      if (!quiet) stderr.write(`${line}\n`)
    },
  }
}

function wantColour({ stdout, colour }: Surroundings, { color, json }: GlobalOptions) {
  if (color === false || json === true || colour === 'never') return 'never'
  return colour === 'always' || stdout.isTerminal ? 'always' : 'never'
}

/** Opens the data folder for one command and closes it whatever happens. */
export async function withData<T>(
  invocation: Invocation,
  options: GlobalOptions,
  work: (opened: Opened) => Promise<T>,
): Promise<T> {
  const { surroundings, progress } = invocation
  const opened = await surroundings.open(choosePlace(surroundings, options))
  try {
    return await work(opened)
  } finally {
    progress.end()
    await opened.close()
  }
}

/** For people; a URL would show its password. */
export const nameDatabase = ({ databasePath }: Opened) => databasePath ?? 'Postgres'

/** A folder that is named wins over a database that the environment names. */
export function choosePlace(
  surroundings: Surroundings,
  { data, databaseUrl }: GlobalOptions,
): DataPlace {
  if (data !== undefined && databaseUrl !== undefined) {
    throw new DomainError(
      'invalid_argument',
      '--data and --database-url name two databases; give one of them.',
    )
  }
  return {
    dataDirectory: data ?? surroundings.dataDirectory,
    databaseUrl: databaseUrl ?? (data === undefined ? surroundings.databaseUrl : null),
  }
}

/** Prints why a command failed, as a document under --json, and answers with its exit code. */
export function explainFailure(invocation: Invocation, error: unknown): number {
  const { surroundings, json } = invocation
  const known = error instanceof DomainError
  const code = known ? error.code : 'bug'
  const message = error instanceof Error ? error.message : String(error)
  if (json) {
    surroundings.stdout.write(
      `${JSON.stringify({ version: 1, kind: 'error', error: { code, message } }, null, 2)}\n`,
    )
  } else {
    surroundings.stderr.write(`error: ${message} [${code}]\n`)
    if (!known && error instanceof Error) surroundings.stderr.write(`${error.stack ?? ''}\n`)
  }
  return known ? toExitCode(error.code) : exitCodes.failed
}
