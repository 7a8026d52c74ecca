import type { Command } from 'commander'
import { type Act, command } from './command.ts'
import {
  type ExplainOptions,
  runPolicyCheck,
  runPolicyDiff,
  runPolicyExplain,
  runPolicyInit,
  runPolicyTest,
} from './commands/policy.ts'

export function addPolicyCommands(program: Command, act: Act): void {
  const policy = program.command('policy').description('check, try and explain policies')
  command(policy, 'init', ['lucidream policy init'])
    .description('install the starter policy: one person approves each change')
    .action((options) => act(options, runPolicyInit))
  command(policy, 'check', ['lucidream policy check policies/'])
    .description('read policy files as the server does, and name every fault by its line')
    .argument('<path...>', 'files or folders; those that extend each other together')
    .action((paths: string[], options) =>
      act(options, (invocation) => runPolicyCheck(invocation, paths)),
    )
  command(policy, 'test', ['lucidream policy test policies/tests.yaml'])
    .description('judge fixtures: changes with the verdict that a policy should give')
    .argument('<fixtures...>', 'files of fixtures')
    .action((paths: string[], options) =>
      act(options, (invocation) => runPolicyTest(invocation, paths)),
    )
  command(policy, 'explain', ['lucidream policy explain chg_12ab'])
    .description('what policy says of a proposed change, with every reason')
    .argument('<change>', 'id or its unique beginning')
    .option('--dream <id>', 'of this dream (default: the newest)')
    .option('--apply', 'as if it were applied now')
    .option('--try', 'as if its experiment started or were promoted now')
    .action((id: string, options: ExplainOptions) =>
      act(options, (invocation) => runPolicyExplain(invocation, id, options)),
    )
  command(policy, 'diff', ['lucidream policy diff support.yaml'])
    .description('what would become of the proposals of the last 90 days under this file')
    .argument('<file>', 'takes the place of the policy of its name')
    .action((path: string, options) =>
      act(options, (invocation) => runPolicyDiff(invocation, path, options)),
    )
}
