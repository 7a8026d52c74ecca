import type { Command } from 'commander'
import {
  type RuleOptions,
  runRuleAdd,
  runRuleRemove,
  runRules,
  runRuleTry,
} from './commands/join-rules.ts'
import { type DefineOptions, runDefine, runDefinitions } from './commands/outcome-definitions.ts'
import {
  type OutcomesOptions,
  runOutcome,
  runOutcomes,
  runOutcomesSend,
  runRejoin,
} from './commands/outcomes.ts'
import type { GlobalOptions, Invocation } from './invocation.ts'

type Add = (parent: Command, name: string, examples: readonly string[]) => Command
type Act = (
  options: GlobalOptions,
  run: (invocation: Invocation) => Promise<number>,
) => Promise<void>

/** `outcomes` and what stands below it. */
export function addOutcomeCommands(program: Command, add: Add, act: Act): void {
  const outcomes = program.command('outcomes').description('what came of sessions')
  const list = (name: 'list' | 'unmatched', what: string) =>
    add(outcomes, name, [`lucidream outcomes ${name} --source builds`])
      .description(what)
      .option('--source <name>', 'only what this source sent')
      .action((_, self: Command) => {
        const options: OutcomesOptions = self.optsWithGlobals()
        const which = name === 'list' ? 'all' : 'unmatched'
        return act(options, (invocation) => runOutcomes(invocation, options, which))
      })
  list('list', 'the newest 100 outcome signals, with the session of each')
  list('unmatched', 'the newest 100 that no session is known for, with the reason')
  add(outcomes, 'show', ['lucidream outcomes show osig_12ab'])
    .description('one outcome signal with all its joins')
    .argument('<id>', 'its whole id')
    .action((id: string, _, self: Command) => {
      const options: GlobalOptions = self.optsWithGlobals()
      return act(options, (invocation) => runOutcome(invocation, id, options))
    })
  add(outcomes, 'send', ['lucidream outcomes send outcomes.jsonl'])
    .description('store outcome signals, one JSON object a line, as the API takes them')
    .argument('<file>', 'a JSON Lines file')
    .action((file: string, _, self: Command) => {
      const options: GlobalOptions = self.optsWithGlobals()
      return act(options, (invocation) => runOutcomesSend(invocation, file, options))
    })
  add(outcomes, 'define', ['lucidream outcomes define resolved --file definition.json'])
    .description('say what counts as success: the next version of an outcome definition')
    .argument('<name>', 'what experiments call it by')
    .requiredOption('--file <path>', 'JSON as the API takes it, see docs/outcomes.md')
    .action((name: string, _, self: Command) => {
      const options: DefineOptions = self.optsWithGlobals()
      return act(options, (invocation) => runDefine(invocation, name, options))
    })
  add(outcomes, 'definitions', ['lucidream outcomes definitions'])
    .description('the newest version of each outcome definition')
    .action((_, self: Command) => {
      const options: GlobalOptions = self.optsWithGlobals()
      return act(options, (invocation) => runDefinitions(invocation, options))
    })
  add(outcomes, 'rejoin', ['lucidream outcomes rejoin'])
    .description('join all signals with their sessions anew')
    .action((_, self: Command) => {
      const options: GlobalOptions = self.optsWithGlobals()
      return act(options, (invocation) => runRejoin(invocation, options))
    })
  addRuleCommands(outcomes, add, act)
}

/** How work is named, so that more signals find their session. */
function addRuleCommands(outcomes: Command, add: Add, act: Act): void {
  const rules = outcomes
    .command('rules')
    .description('join rules: how your work is named, so that more signals find their session')
  add(rules, 'list', ['lucidream outcomes rules list'])
    .description('the join rules, by name')
    .action((_, self: Command) => {
      const options: GlobalOptions = self.optsWithGlobals()
      return act(options, (invocation) => runRules(invocation, options))
    })
  for (const [name, run, what] of [
    ['try', runRuleTry, 'how many waiting signals a rule would join; stores nothing'],
    ['add', runRuleAdd, 'add a rule, or put it in the place of the one of its name, and join anew'],
  ] as const) {
    add(rules, name, [
      `lucidream outcomes rules ${name} tickets --subject linear.issue --pattern '\\b[A-Z]{2,5}-[0-9]+\\b'`,
      `lucidream outcomes rules ${name} cases --subject zendesk.ticket --metadata case_id`,
    ])
      .description(what)
      .argument('<name>', 'what joins by it are called')
      .requiredOption('--subject <type>', 'of which subjects of signals it finds the value')
      .option('--pattern <re2>', 'what finds the value in texts; weak')
      .option(
        '--where <places>',
        'title, first_message, tool_input, separated by commas (default: the first two)',
      )
      .option('--metadata <name>', 'the label or metadata pair that holds the value; strong')
      .action((rule: string, _, self: Command) => {
        const options: RuleOptions = self.optsWithGlobals()
        return act(options, (invocation) => run(invocation, rule, options))
      })
  }
  add(rules, 'remove', ['lucidream outcomes rules remove tickets'])
    .description('take a rule away, and what it alone joined')
    .argument('<name>', 'its name')
    .action((name: string, _, self: Command) => {
      const options: GlobalOptions = self.optsWithGlobals()
      return act(options, (invocation) => runRuleRemove(invocation, name, options))
    })
}
