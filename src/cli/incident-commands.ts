import type { Command } from 'commander'
import { type IncidentOptions, runIncident } from './commands/incidents.ts'
import type { Invocation } from './invocation.ts'

type Add = (name: string, examples: readonly string[]) => Command
type Act = (
  options: IncidentOptions,
  run: (invocation: Invocation) => Promise<number>,
) => Promise<void>

/** `revoke` and `erase`, which differ in what they may be asked for and in whether it can be undone. */
export function addIncidentCommands(add: Add, act: Act): void {
  addCommand(add, 'revoke', 'retire everything that stands on a source, by new versions')
    .option('--tool <name>', 'what this tool answered')
    .option('--file <id>', 'every session that this file was mounted into')
    .action((options: IncidentOptions) =>
      act(options, (invocation) => runIncident(invocation, 'revocation', options)),
    )
  addCommand(
    add,
    'erase',
    'erase a subject and everything that stands on it; cannot be undone',
  ).action((options: IncidentOptions) =>
    act(options, (invocation) => runIncident(invocation, 'erasure', options)),
  )
}

const addCommand = (add: Add, name: string, what: string) =>
  add(name, [`lucidream ${name} --principal ann@example.org --reason "asked for it" --dry-run`])
    .description(what)
    .option('--session <id...>', 'these sessions')
    .option('--principal <name>', 'every session of this principal')
    .option('--dry-run', 'say what would be done, and do nothing')
    .requiredOption('--reason <text>', 'kept with the report')
