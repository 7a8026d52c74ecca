import type { Command } from 'commander'
import type { GlobalOptions, Invocation } from './invocation.ts'

/** Runs one command and keeps its exit code; explains what it throws. */
export type Act = <Options extends GlobalOptions>(
  options: Options,
  run: Run<Options>,
) => Promise<void>

export type Run<Options extends GlobalOptions> = (
  invocation: Invocation,
  options: Options,
) => Promise<number>

/** A command with the options that every one has. */
export function command(parent: Command, name: string, lines: readonly string[]): Command {
  return parent
    .command(name)
    .option('--data <dir>', 'folder of the embedded database (LUCIDREAM_DATA, default .lucidream)')
    .option('--database-url <url>', 'Postgres instead of the folder (LUCIDREAM_DATABASE_URL)')
    .option('--json', 'print one JSON document')
    .option('--quiet', 'no progress and no notes')
    .option('--no-color', 'no colours')
    .addHelpText('before', examples(lines))
}

export function examples(lines: readonly string[]): string {
  return `Examples:\n${lines.map((line) => `  ${line}\n`).join('')}`
}
