import type { Command } from 'commander'
import {
  type CreateOptions,
  type ExperimentOptions,
  runExperimentCreate,
  runExperimentMove,
  runExperimentSeason,
  runExperimentShow,
  runExperiments,
  runExperimentVerify,
} from './commands/experiments.ts'
import type { GlobalOptions, Invocation } from './invocation.ts'

type Add = (parent: Command, name: string, examples: readonly string[]) => Command
type Act = (
  options: GlobalOptions,
  run: (invocation: Invocation) => Promise<number>,
) => Promise<void>

const id = 'exp_12ab'

/** `experiments` and `rollout`: what is being tried, and what may be done about it. */
export function addExperimentCommands(program: Command, add: Add, act: Act): void {
  const experiments = add(program, 'experiments', ['lucidream experiments'])
    .description('what is being tried, and what came of it')
    .option('--store <id>', 'only of this memory store')
    .action((options: ExperimentOptions) =>
      act(options, (invocation) => runExperiments(invocation, options)),
    )
  add(experiments, 'list', ['lucidream experiments list --json'])
    .description('the same')
    .action((_, self: Command) => {
      const options: ExperimentOptions = self.optsWithGlobals()
      return act(options, (invocation) => runExperiments(invocation, options))
    })
  for (const [name, run, what] of [
    ['show', runExperimentShow, 'one of them with its evidence, arms, guardrails and log'],
    ['verify', runExperimentVerify, 'count its units again and compare, bit for bit'],
  ] as const) {
    add(experiments, name, [`lucidream experiments ${name} ${id}`])
      .description(what)
      .argument('<id>', 'id or its unique beginning')
      .action((given: string, _, self: Command) => {
        const options: ExperimentOptions = self.optsWithGlobals()
        return act(options, (invocation) => run(invocation, given, options))
      })
  }
  add(experiments, 'create', [
    'lucidream experiments create chg_12ab --goal resolved',
    'lucidream experiments create chg_12ab chg_34cd --goal resolved --smallest-effect 0.1',
  ])
    .description('a draft of accepted changes of one memory store')
    .argument('<change...>', 'ids of changes')
    .requiredOption('--goal <name>', 'the outcome definition that decides')
    .option('--name <text>', 'what to call it')
    .option('--unit <kind>', 'session, actor, workspace or block (default session)')
    .option('--smallest-effect <share>', 'the least effect to be found (default 0.1)')
    .option('--follows <id>', 'a void one of the same changes whose evidence is kept')
    .action((changes: string[], _, self: Command) => {
      const options: CreateOptions = self.optsWithGlobals()
      return act(options, (invocation) => runExperimentCreate(invocation, changes, options))
    })
  addMoves(experiments, add, act)
  add(experiments, 'season', ['lucidream experiments season'])
    .description('all tests of the last 90 days, held to one rate of false promotions')
    .action((_, self: Command) => {
      const options: ExperimentOptions = self.optsWithGlobals()
      return act(options, (invocation) => runExperimentSeason(invocation, options))
    })
  addRollout(program, add, act)
}

function addMoves(experiments: Command, add: Add, act: Act): void {
  for (const [name, line, what] of [
    ['start', `start ${id}`, 'start a draft'],
    ['pause', `pause ${id} --reason "release freeze"`, 'assign no more units for a while'],
    ['resume', `resume ${id}`, 'assign units again'],
    ['stop', `stop ${id} --reason "not worth it"`, 'end it without proof, or its holdback'],
    ['promote', `promote ${id}`, 'write what was proven into the memory store'],
  ] as const) {
    const added = add(experiments, name, [`lucidream experiments ${line}`])
      .description(what)
      .argument('<id>', 'id or its unique beginning')
      .option('--reason <text>', 'why; kept in its log')
      .action((given: string, _, self: Command) => {
        const options: ExperimentOptions = self.optsWithGlobals()
        return act(options, (invocation) =>
          runExperimentMove(invocation, { id: given, move: name }, options),
        )
      })
    if (name === 'start') {
      added.option('--anyway', 'though it is forecast to take too long; needs --reason')
    }
    if (name === 'stop') {
      added.option('--environment-changed', 'void: something else is another thing now')
    }
  }
}

function addRollout(program: Command, add: Add, act: Act): void {
  const rollout = program.command('rollout').description('what is on its way to everybody')
  add(rollout, 'status', ['lucidream rollout status'])
    .description('every experiment that runs, with its share of units')
    .action((options: ExperimentOptions) =>
      act(options, (invocation) => runExperiments(invocation, { ...options, open: true })),
    )
  for (const [name, move, what] of [
    ['pause', 'pause', 'assign no more units for a while'],
    ['abort', 'stop', 'end it: everybody reads the incumbent, or what was promoted'],
  ] as const) {
    add(rollout, name, [`lucidream rollout ${name} ${id} --reason "errors"`])
      .description(what)
      .argument('<id>', 'id or its unique beginning')
      .requiredOption('--reason <text>', 'why; kept in its log')
      .action((given: string, options: ExperimentOptions) =>
        act(options, (invocation) => runExperimentMove(invocation, { id: given, move }, options)),
      )
  }
}
