import { type Command, InvalidArgumentError } from 'commander'
import { type PullOptions, runPull } from './commands/pull.ts'
import type { Invocation } from './invocation.ts'

type Add = (name: string, examples: readonly string[]) => Command
type Act = (
  options: PullOptions,
  run: (invocation: Invocation, options: PullOptions) => Promise<number>,
) => Promise<void>

export function addPullCommand(add: Add, act: Act): void {
  const where = '--server http://127.0.0.1:4177 --store memstore_12ab'
  add('pull', [
    `lucidream pull ${where} --unit "$USER" --to ./memory`,
    `lucidream pull ${where} --unit "$USER" --block AGENTS.md`,
    `lucidream pull ${where} --unit "$SESSION" --hook`,
    'lucidream pull --remove --to ./memory',
  ])
    .description('bring the version of a memory store that a unit reads into a folder or file')
    .option('--server <url>', 'where lucidream serves')
    .option('--store <id>', 'the memory store')
    .option('--unit <name>', 'who reads: a session, a person, an agent; always by the same name')
    .option('--to <dir>', 'keep a folder as the server says; other files there are left alone')
    .option('--block <file>', 'keep a block between markers of this file')
    .option('--hook', 'print the context for a SessionStart hook')
    .option('--remove', 'take away what was pulled')
    .option('--force', 'overwrite what was edited by hand')
    .option('--task-type <type>', 'what the work is, as far as it is known')
    .option('--principal <name>', 'who the agent works for')
    .option('--session <id>', 'the session here that reads it')
    .option(
      '--timeout <seconds>',
      'how long to wait for the server, and for another pull (default 60)',
      parseSeconds,
    )
    .action((options: PullOptions) => act(options, runPull))
}

function parseSeconds(text: string): number {
  const seconds = Number(text)
  if (seconds > 0 && seconds <= 3_600) return seconds
  throw new InvalidArgumentError('Between 0 and 3600 seconds.')
}
