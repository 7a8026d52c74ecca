import type { Command } from 'commander'
import { runWithholding, type WithholdingOptions } from './commands/withholding.ts'
import type { Invocation } from './invocation.ts'

type Add = (name: string, examples: readonly string[]) => Command
type Act = (
  options: WithholdingOptions,
  run: (invocation: Invocation) => Promise<number>,
) => Promise<void>

export function addWithholdingCommand(add: Add, act: Act): void {
  const store = 'memstore_12ab'
  add('withholding', [
    `lucidream withholding ${store}`,
    `lucidream withholding ${store} --goal resolved`,
    `lucidream withholding ${store} --share 0.05 --exempt '/safety/**' '/legal.md'`,
    `lucidream withholding ${store} --off`,
  ])
    .description('leave items out by chance, and tell what each of them is worth')
    .argument('<store>', 'the memory store')
    .option('--share <chance>', 'leave out each item with this chance, 0.05 to 0.1')
    .option('--exempt <pattern...>', 'with --share: paths of which nothing is left out')
    .option('--off', 'leave out nothing more; what was learnt stays')
    .option('--goal <name>', 'the ledger of each item by this outcome definition')
    .action((id: string, options: WithholdingOptions) =>
      act(options, (invocation) => runWithholding(invocation, id, options)),
    )
}
