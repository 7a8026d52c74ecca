import type { Command } from 'commander'
import { type Act, command } from './command.ts'
import { type KeyOptions, runKeyCreate, runKeyRevoke, runKeys } from './commands/keys.ts'
import type { GlobalOptions } from './invocation.ts'

export function addKeyCommands(program: Command, act: Act): void {
  const keys = command(program, 'keys', ['lucidream keys'])
    .description('list the API keys')
    .action((options) => act(options, runKeys))
  command(keys, 'create', [
    'lucidream keys create ci --scope ingest,outcomes --expires 2027-01-31',
    'lucidream keys create jane --scope review --owner jane --role admin --group support-leads',
  ])
    .description('make an API key; it is printed once')
    .argument('<name>', 'what it is for')
    .option('--scope <scope...>', 'what it may do; admin includes all')
    .option('--expires <when>', 'a date or time')
    .option('--owner <person>', 'who will hold it; a key without one approves nothing')
    .option('--role <role...>', 'what policies know that person as')
    .option('--group <group...>', 'groups that the person is in')
    .action((name: string, _, self: Command) => {
      const options: KeyOptions = self.optsWithGlobals()
      return act(options, (invocation) => runKeyCreate(invocation, name, options))
    })
  command(keys, 'revoke', ['lucidream keys revoke apikey_12ab'])
    .description('revoke an API key at once and for good')
    .argument('<id>', 'its whole id')
    .action((id: string, _, self: Command) => {
      const options: GlobalOptions = self.optsWithGlobals()
      return act(options, (invocation) => runKeyRevoke(invocation, id, options))
    })
}
