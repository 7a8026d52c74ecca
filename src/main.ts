import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { findMachineFacts, migrateDatabase, openPlace, serve } from './app.ts'
import { runProgram } from './cli/program.ts'
import type { Output } from './cli/surroundings.ts'
import { readConfig } from './config.ts'
import { DomainError } from './core/errors.ts'
import { makeLog } from './log.ts'
import { sealTools } from './notary.ts'

/** Runs the command line and sets the exit code. */
export async function main(): Promise<void> {
  const stop = new AbortController()
  process.once('SIGTERM', () => stop.abort())
  process.once('SIGINT', () => {
    process.stderr.write('\nstopping; run the same command again to go on\n')
    stop.abort()
    // A second one ends at once; what was acknowledged is on the disk.
    process.once('SIGINT', () => process.exit(130))
  })
  // `lucidream … | head` closes the pipe: nothing is wrong then.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? 0 : 1)
  })
  try {
    const { config, secrets } = readConfig()
    const log = makeLog(config.logLevel)
    process.exitCode = await runProgram(process.argv.slice(2), {
      version: readVersion(),
      stdout: toOutput(process.stdout),
      stderr: toOutput(process.stderr),
      clock: Date.now,
      dataDirectory: config.dataDirectory,
      colour: config.colour,
      demo: { transcripts: bundled('transcripts'), memory: bundled('memory') },
      signal: stop.signal,
      databaseUrl: secrets.databaseUrl,
      open: (place) =>
        openPlace(place, {
          secrets,
          log,
          clock: Date.now,
          signal: stop.signal,
          dreams: config.dreams,
          policyDirectory: config.policyDirectory,
          receiptBodyDays: config.receiptBodyDays,
          allowPrivateTargets: config.server.allowPrivateTargets,
          auditOrigin: config.auditOrigin,
        }),
      migrate: (place) => migrateDatabase({ ...place, clock: Date.now }),
      facts: findMachineFacts,
      sealTools,
      bootstrapKey: secrets.bootstrapKey,
      apiKey: secrets.apiKey ?? null,
      serve: (opened, flags) =>
        serve(opened, flags, { config: config.server, version: readVersion() }),
    })
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    process.stderr.write(`error: ${error.message} [${error.code}]\n`)
    process.exitCode = 3
  }
}

function toOutput(stream: NodeJS.WriteStream): Output {
  return {
    write: (text) => {
      stream.write(text)
    },
    isTerminal: stream.isTTY === true,
    columns: stream.isTTY ? stream.columns : undefined,
  }
}

const bundled = (name: string) => {
  const path = fileURLToPath(new URL(`../data/airline/${name}`, import.meta.url))
  const inside = `${process.cwd()}/`
  return path.startsWith(inside) ? path.slice(inside.length) : path
}

function readVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
