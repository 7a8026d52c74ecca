import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { findMachineFacts, migrateDatabase, openEmbedded, serve } from '../src/app.ts'
import { runProgram } from '../src/cli/program.ts'
import { readConfig } from '../src/config.ts'
import { sealTools } from '../src/notary.ts'
import { airlineMemory, airlineTranscripts } from './_airline.ts'

export interface Answer {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs a command line inside this process, on a real database, with what it prints caught. */
export async function run(
  args: readonly string[],
  options: { columns?: number; policyDirectory?: string; apiKey?: string } = {},
): Promise<Answer> {
  const written = { out: '', err: '' }
  const output = (name: 'out' | 'err') => ({
    write: (text: string) => {
      written[name] += text
    },
    isTerminal: false,
    columns: options.columns,
  })
  const { signal } = new AbortController()
  const code = await runProgram(args, {
    version: '0.0.0-test',
    stdout: output('out'),
    stderr: output('err'),
    clock: Date.now,
    dataDirectory: join(tmpdir(), 'never-used'),
    colour: 'never',
    demo: { transcripts: airlineTranscripts, memory: airlineMemory },
    signal,
    databaseUrl: null,
    open: ({ dataDirectory }) =>
      openEmbedded({
        dataDirectory,
        secrets: { maskKey: 'the key that tests use', secretKey: null, bootstrapKey: null },
        log: pino({ level: 'silent' }),
        clock: Date.now,
        signal,
        policyDirectory: options.policyDirectory ?? null,
      }),
    migrate: (place) => migrateDatabase({ ...place, clock: Date.now }),
    facts: findMachineFacts,
    sealTools,
    bootstrapKey: null,
    apiKey: options.apiKey ?? null,
    serve: (opened, flags) =>
      serve(opened, flags, {
        config: readConfig({}).config.server,
        version: '0.0.0-test',
      }),
  })
  return { code, ...written }
}

/** A folder that goes when `use` is done. */
export async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'lucidream-test-'))
  try {
    return await use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The program as a process of its own, as a person starts it. */
export function start(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, ['bin/lucidream.mjs', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

export function ended(
  child: ChildProcess,
): Promise<{ code: number | null; signal: string | null; out: string }> {
  let out = ''
  child.stdout?.on('data', (chunk) => {
    out += String(chunk)
  })
  child.stderr?.resume()
  return new Promise((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, out }))
  })
}
