import type { Command } from 'commander'
import { type EndorseOptions, runEndorse } from './commands/endorse.ts'
import { type IncidentOptions, runIncident } from './commands/incidents.ts'
import type { GlobalOptions, Invocation } from './invocation.ts'

type Add = (name: string, examples: readonly string[]) => Command
type Act = (
  options: GlobalOptions,
  run: (invocation: Invocation) => Promise<number>,
) => Promise<void>

/** `revoke` and `erase`, which differ in what they may be asked for and in whether it can be undone; `endorse`. */
export function addTrustCommands(add: Add, act: Act): void {
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
  addEndorseCommand(add, act)
}

function addEndorseCommand(add: Add, act: Act): void {
  add('endorse', [
    'lucidream endorse /payments.md --person "Ann Lee" --reason "checked with finance"',
    'lucidream endorse /notes.md --text "- Refunds take 5 days." --person "Ann Lee" --reason "right"',
  ])
    .description(
      'stand for a memory, or lines of it, by name: dreams trust it further until it changes',
    )
    .argument('<path>', 'its path in the store')
    .option('--text <lines>', 'whole lines of it (default: all of it)')
    .option('--taint <taint>', 'how far it may be trusted', 'operator')
    .option('--dream <id>', 'in the store that this dream read (default: the newest)')
    .requiredOption('--person <name>', 'who read the text and stands for it')
    .requiredOption('--reason <text>', 'kept with it')
    .action((path: string, options: EndorseOptions) =>
      act(options, (invocation) => runEndorse(invocation, path, options)),
    )
}

const addCommand = (add: Add, name: string, what: string) =>
  add(name, [`lucidream ${name} --principal ann@example.org --reason "asked for it" --dry-run`])
    .description(what)
    .option('--session <id...>', 'these sessions')
    .option('--principal <name>', 'every session of this principal')
    .option('--dry-run', 'say what would be done, and do nothing')
    .requiredOption('--reason <text>', 'kept with the report')
