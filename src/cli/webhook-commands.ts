import type { Command } from 'commander'
import {
  type ReceiptOptions,
  runMappingTest,
  runReceipts,
  runReplay,
  type TestOptions,
} from './commands/webhook-receipts.ts'
import {
  runSourceAdd,
  runSourceRemove,
  runSourceRotate,
  runSources,
  type SourceOptions,
} from './commands/webhook-sources.ts'
import type { GlobalOptions, Invocation } from './invocation.ts'

type Add = (parent: Command, name: string, examples: readonly string[]) => Command
type Act = <Options extends GlobalOptions>(
  options: Options,
  run: (invocation: Invocation, options: Options) => Promise<number>,
) => Promise<void>

/** Who may tell outcomes by webhook, and what came in. */
export function addWebhookCommands(program: Command, add: Add, act: Act): void {
  const webhooks = program.command('webhooks').description('outcomes that come in by webhook')
  addSourceCommands(webhooks, add, act)
  add(webhooks, 'receipts', ['lucidream webhooks receipts --source acme-github'])
    .description('what came in and what became of it, newest first')
    .option('--source <name>', 'only of this source')
    .option('--limit <n>', 'how many (default 20)', Number)
    .action((options: ReceiptOptions) => act(options, runReceipts))
  add(webhooks, 'test', [
    'lucidream webhooks test acme-github payload.json --event pull_request',
    'lucidream webhooks test acme-github --mapping mine.jsonata',
  ])
    .description(
      'show what a mapping gives for a file, or for the last 20 deliveries; stores nothing',
    )
    .argument('<source>', 'its name or id')
    .argument('[payload]', 'a JSON file')
    .option('--event <name>', 'where the sender says it in a header (GitHub)')
    .option('--mapping <file>', 'try this mapping in place of its own')
    .action((source: string, file: string | undefined, options: TestOptions) =>
      act(options, (invocation) => runMappingTest(invocation, { source, file }, options)),
    )
  add(webhooks, 'replay', ['lucidream webhooks replay whrcpt_12ab'])
    .description('map a delivery once more, by what its source is now')
    .argument('<delivery>', 'the id of its receipt')
    .action((id: string, options: GlobalOptions) =>
      act(options, (invocation) => runReplay(invocation, id, options)),
    )
}

function addSourceCommands(webhooks: Command, add: Add, act: Act): void {
  const sources = webhooks.command('sources').description('who may send')
  add(sources, 'list', ['lucidream webhooks sources list'])
    .description('list them, newest first')
    .action((options: GlobalOptions) => act(options, runSources))
  add(sources, 'add', [
    'lucidream webhooks sources add acme-github --provider github',
    'lucidream webhooks sources add shop --provider stripe --secret-file stripe.secret',
    'lucidream webhooks sources add desk --provider generic --scheme desk.json --mapping desk.jsonata',
  ])
    .description('add one; a secret that is made is printed once')
    .argument('<name>', 'what its signals are called by')
    .requiredOption('--provider <name>', 'how it signs and what it sends')
    .option('--scheme <file>', 'generic only: how it signs, as JSON; see docs/webhooks-in.md')
    .option('--secret-file <file>', 'a secret that the sender chose')
    .option('--mapping <file>', 'JSONata in place of the one that comes with the provider')
    .option('--condition <cel>', 'map only what this holds for')
    .option('--allow-unsigned', 'generic only: believe anybody who knows the address')
    .action((name: string, options: SourceOptions) =>
      act(options, (invocation) => runSourceAdd(invocation, name, options)),
    )
  add(sources, 'rotate', ['lucidream webhooks sources rotate acme-github'])
    .description('give it a new secret; the one before stays good')
    .argument('<name>', 'its name or id')
    .option('--secret-file <file>', 'a secret that the sender chose')
    .option('--drop-old', 'the one before is worth nothing at once')
    .action((name: string, options: SourceOptions) =>
      act(options, (invocation) => runSourceRotate(invocation, name, options)),
    )
  add(sources, 'remove', ['lucidream webhooks sources remove acme-github'])
    .description('remove it and its secrets; its receipts stay')
    .argument('<name>', 'its name or id')
    .action((name: string, options: GlobalOptions) =>
      act(options, (invocation) => runSourceRemove(invocation, name, options)),
    )
}
