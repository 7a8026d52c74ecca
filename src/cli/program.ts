import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { type Act, command, examples, type Run } from './command.ts'
import { runApply, runRollBack } from './commands/apply.ts'
import {
  type AuditExportOptions,
  type AuditProofOptions,
  runAuditCheckpoint,
  runAuditExport,
  runAuditKey,
  runAuditProof,
} from './commands/audit.ts'
import { type AuditVerifyOptions, runAuditVerify } from './commands/audit-verify.ts'
import { runBrief } from './commands/brief.ts'
import { runChanges } from './commands/changes.ts'
import { runDemo } from './commands/demo.ts'
import { runDoctor } from './commands/doctor.ts'
import { runDream } from './commands/dream.ts'
import { runFindings } from './commands/findings.ts'
import { runImport } from './commands/import.ts'
import { runMemoryCat, runMemoryDiff, runMemoryList } from './commands/memory.ts'
import { runRestore } from './commands/restore.ts'
import { type ReviewOptions, runAccept, runEdit, runReject } from './commands/review.ts'
import { runServe } from './commands/serve.ts'
import { runSession, runSessions } from './commands/sessions.ts'
import { runMigrate, runWork } from './commands/work.ts'
import { exitCodeHelp, exitCodes } from './exit-codes.ts'
import { addExperimentCommands } from './experiment-commands.ts'
import { explainFailure, type GlobalOptions, invoke } from './invocation.ts'
import { addKeyCommands } from './key-commands.ts'
import { addOutcomeCommands } from './outcome-commands.ts'
import { addPolicyCommands } from './policy-commands.ts'
import { addPullCommand } from './pull-command.ts'
import type { Surroundings } from './surroundings.ts'
import { addTrustCommands } from './trust-commands.ts'
import { addWebhookCommands } from './webhook-commands.ts'
import { addWithholdingCommand } from './withholding-command.ts'

/** Runs one command line and answers with its exit code; prints everything it has to say itself. */
export async function runProgram(
  args: readonly string[],
  surroundings: Surroundings,
): Promise<number> {
  const result = { code: exitCodes.ok as number }
  const program = build(surroundings, result)
  try {
    await program.parseAsync([...args], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
  }
  return result.code
}

function build(surroundings: Surroundings, result: { code: number }): Command {
  const program = new Command('lucidream')
    .description('Agents that learn from their own work, inside limits you set.')
    .version(surroundings.version)
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => surroundings.stdout.write(text),
      writeErr: (text) => surroundings.stderr.write(text),
    })
    .addHelpText(
      'before',
      examples([
        'lucidream import transcripts/',
        'lucidream dream --memory ./memory',
        'lucidream changes',
      ]),
    )
    .addHelpText('after', `\n${exitCodeHelp}`)
  const act = async <Options extends GlobalOptions>(options: Options, run: Run<Options>) => {
    const invocation = invoke(surroundings, options)
    try {
      result.code = await run(invocation, options)
    } catch (error) {
      invocation.progress.end()
      result.code = explainFailure(invocation, error)
    }
  }
  addInputCommands(program, act)
  addResultCommands(program, act)
  addWriteCommands(program, act)
  addBriefCommand(program, act)
  addMemoryCommands(program, act)
  addPullCommand((name, examples) => command(program, name, examples), act)
  addExperimentCommands(program, command, act)
  addWithholdingCommand((name, examples) => command(program, name, examples), act)
  addOutcomeCommands(program, command, act)
  addTrustCommands((name, examples) => command(program, name, examples), act)
  addPolicyCommands(program, act)
  addKeyCommands(program, act)
  addWebhookCommands(program, command, act)
  addServerCommands(program, act)
  addAuditCommands(program, act)
  return program
}

function addInputCommands(program: Command, act: Act): void {
  command(program, 'import', [
    'lucidream import transcripts/',
    'lucidream import run.json.gz --json',
  ])
    .description('read transcripts and the outcomes they carry; the format is told by the content')
    .argument('<path...>', 'files or folders')
    .action((paths: string[], options) =>
      act(options, (invocation) => runImport(invocation, paths, options)),
    )
  command(program, 'dream', [
    'lucidream dream --memory ./memory',
    'lucidream dream --since 7d --out ./proposals',
  ])
    .description(
      'mine the sessions, reconcile the memory, propose changes; writes beside, never into it',
    )
    .option('--memory <dir>', 'folder (or file) of Markdown to dream over')
    .option('--since <when>', 'only sessions since a date, a time or an age (7d, 12h)')
    .option('--agent <name>', 'only sessions of this agent')
    .option('--task-type <type>', 'only sessions of this task type')
    .option('--out <dir>', 'where the proposal is written (default: beside the memory folder)')
    .action((options) => act(options, runDream))
  command(program, 'demo', ['npm start', 'lucidream demo --data /tmp/try'])
    .description('import the bundled airline sessions and dream over them')
    .action((options) => act(options, runDemo))
  command(program, 'doctor', ['lucidream doctor'])
    .description('check the machine and the database')
    .action((options) => act(options, runDoctor))
}

function addResultCommands(program: Command, act: Act): void {
  const sessions = command(program, 'sessions', [
    'lucidream sessions --limit 50',
    'lucidream sessions show sesn_12ab',
  ])
    .description('list sessions with their outcomes, newest first')
    .option('--limit <n>', 'how many', parseCount)
    .option('--agent <name>', 'only of this agent')
    .option('--format <name>', 'only from this format')
    .option('--task-type <type>', 'only of this task type')
    .action((options) => act(options, runSessions))
  command(sessions, 'show', ['lucidream sessions show sesn_12ab'])
    .description('one session with its events')
    .argument('<id>', 'id or its unique beginning')
    .action((id: string, _, self: Command) => {
      const options: GlobalOptions = self.optsWithGlobals()
      return act(options, (invocation) => runSession(invocation, id, options))
    })
  for (const [name, run, what] of [
    ['findings', runFindings, 'what the newest dream found'],
    ['changes', runChanges, 'what the newest dream proposes'],
  ] as const) {
    const parent = command(program, name, [
      `lucidream ${name}`,
      `lucidream ${name} show ${name === 'findings' ? 'fnd' : 'chg'}_12ab`,
    ])
      .description(what)
      .option('--dream <id>', 'of this dream')
      .option('--raw', 'with --json: quotes as they are stored, personal data too')
      .action((options) => act(options, (invocation) => run(invocation, undefined, options)))
    command(parent, 'show', [`lucidream ${name} show ID`])
      .description('one of them, with all its evidence')
      .argument('<id>', 'id or its unique beginning')
      .action((id: string, _, self: Command) => {
        const options: GlobalOptions = self.optsWithGlobals()
        return act(options, (invocation) => run(invocation, id, options))
      })
    if (name === 'changes') addReviewCommands(parent, act)
  }
}

function addReviewCommands(changes: Command, act: Act): void {
  for (const [name, run, what, line] of [
    ['accept', runAccept, 'approve one change as it is now', 'accept chg_12ab'],
    ['reject', runReject, 'reject one change for good', 'reject chg_12ab --reason "outdated"'],
    ['edit', runEdit, 'put another text in its place', 'edit chg_12ab --text "- Say the price."'],
  ] as const) {
    const added = command(changes, name, [`lucidream changes ${line}`])
      .description(what)
      .argument('<id>', 'id or its unique beginning')
      .option('--dream <id>', 'of this dream')
      .option('--reason <text>', 'why')
      .action((id: string, _, self: Command) => {
        const options: ReviewOptions = self.optsWithGlobals()
        return act(options, (invocation) => run(invocation, id, options))
      })
    if (name === 'accept') {
      added
        .option('--override', 'though a critic rejects it; needs --reason')
        .option('--bypass', 'break the glass, where the policy lets you; needs --reason')
    }
    if (name === 'edit') {
      added
        .option('--text <text>', 'the text to insert instead')
        .option('--file <path>', 'a file that has it')
    }
  }
}

function addWriteCommands(program: Command, act: Act): void {
  command(program, 'apply', ['lucidream apply --dry-run', 'lucidream apply --to ./memory'])
    .description('write the accepted changes of a dream into its memory store, in one write')
    .option('--dream <id>', 'of this dream (default: the newest)')
    .option('--dry-run', 'say what would happen and change nothing')
    .option('--to <dir>', 'write the files of the folder that the dream read as well')
    .action((options) => act(options, runApply))
  command(program, 'rollback', [
    'lucidream rollback chg_12ab',
    'lucidream rollback drm_12ab',
    'lucidream rollback memstore_12ab --to 2026-11-25T08:00:00Z',
  ])
    .description('take applied changes back by new versions, or a whole store to a moment')
    .argument('<id>', 'a change, a dream, or with --to a memory store')
    .option('--dry-run', 'say what would happen and change nothing')
    .option('--cascade', 'take along what depends on it')
    .option('--restore', 'put back what was rolled back')
    .option('--to <moment>', 'a time, or a snapshot (msnap_…)')
    .action((id: string, options) =>
      act(options, (invocation) =>
        options.to === undefined
          ? runRollBack(invocation, id, options)
          : runRestore(invocation, id, options),
      ),
    )
}

function addBriefCommand(program: Command, act: Act): void {
  command(program, 'brief', ['lucidream brief', 'lucidream brief airline --budget 800'])
    .description('what to tell an agent before its next run, from what the newest dream found')
    .argument('[task-type]', 'only for this type of task (default: each)')
    .option('--budget <tokens>', 'at most this many tokens (default 2000)', parseCount)
    .option('--dream <id>', 'of this dream')
    .action((taskType: string | undefined, options) =>
      act(options, (invocation) => runBrief(invocation, taskType, options)),
    )
}

function addMemoryCommands(program: Command, act: Act): void {
  const memory = program.command('memory').description('read what dreams read and would write')
  const add = (name: string, lines: readonly string[]) =>
    command(memory, name, lines).option('--dream <id>', 'of this dream (default: the newest)')
  add('ls', ['lucidream memory ls --proposed'])
    .description('list the memories of the store')
    .option('--proposed', 'as the dream would leave it')
    .action((options) => act(options, runMemoryList))
  add('cat', ['lucidream memory cat /payments.md'])
    .description('print one memory')
    .argument('<path>', 'its path in the store')
    .option('--proposed', 'as the dream would leave it')
    .action((path: string, options) =>
      act(options, (invocation) => runMemoryCat(invocation, path, options)),
    )
  add('diff', ['lucidream memory diff'])
    .description('what the dream would change, as a unified diff')
    .action((options) => act(options, runMemoryDiff))
}

function addServerCommands(program: Command, act: Act): void {
  command(program, 'serve', ['lucidream serve', 'lucidream serve --host 0.0.0.0 --port 8080'])
    .description(
      'serve the API and work on jobs; the first start on an empty database prints the first API key',
    )
    .option('--host <address>', 'address to listen on (LUCIDREAM_HOST, default 127.0.0.1)')
    .option('--port <n>', 'port; 0 takes a free one (LUCIDREAM_PORT, default 4177)', parsePort)
    .option('--empty', 'start bare: no bundled sessions on an empty database')
    .option('--no-work', 'the API alone; workers run elsewhere (lucidream work)')
    .action((options) => act(options, runServe))
  command(program, 'work', [
    'lucidream work',
    'lucidream work --database-url postgres://db/lucidream',
  ])
    .description('work on dreams, schedules and deliveries until told to stop')
    .action((options) => act(options, runWork))
  command(program, 'migrate', ['lucidream migrate'])
    .description('bring the schema of the database up to date')
    .action((options) => act(options, runMigrate))
}

function addAuditCommands(program: Command, act: Act): void {
  const audit = program.command('audit').description('the log of what Lucidream itself did')
  command(audit, 'export', ['lucidream audit export audit.jsonl'])
    .description('write the log into a new file; reasons and contents are not in it')
    .argument('<file>', 'a file that is not there yet')
    .option('--from <seq>', 'from this record on', parseSeq)
    .action((file: string, options: AuditExportOptions) =>
      act(options, (invocation) => runAuditExport(invocation, file, options)),
    )
  command(audit, 'checkpoint', ['lucidream audit checkpoint > checkpoint.txt'])
    .description('sign what the log looks like now; keep it where this machine cannot reach it')
    .action((options) => act(options, runAuditCheckpoint))
  command(audit, 'key', ['lucidream audit key > audit.pub'])
    .description('print the public key that checkpoints are checked with')
    .action((options) => act(options, runAuditKey))
  command(audit, 'proof', ['lucidream audit proof 17'])
    .description('show that a record stands in the log')
    .argument('<seq>', 'its number', parseSeq)
    .option('--size <n>', 'in the log over this many records', parseSeq)
    .action((seq: number, options: AuditProofOptions) =>
      act(options, (invocation) => runAuditProof(invocation, seq, options)),
    )
  const line = 'lucidream audit verify audit.jsonl --checkpoint checkpoint.txt --key audit.pub'
  command(audit, 'verify', [line])
    .description('check an exported log against checkpoints; needs no database and no server')
    .argument('<log>', 'an exported log')
    .requiredOption('--checkpoint <file>', 'the checkpoint it must agree with')
    .requiredOption('--key <key>', 'the public key, or a file with it')
    .option('--old-checkpoint <file>', 'an earlier one, whose log must be its beginning')
    .action((log: string, options: AuditVerifyOptions) =>
      act(options, (invocation) => runAuditVerify(invocation, log, options)),
    )
}

function parseCount(text: string): number {
  const count = Number(text)
  if (Number.isInteger(count) && count > 0 && count <= 1_000_000) return count
  throw new InvalidArgumentError('give a whole number from 1 to 1000000.')
}

function parseSeq(text: string): number {
  const seq = Number(text)
  if (/^\d+$/.test(text) && seq > 0 && Number.isSafeInteger(seq)) return seq
  throw new InvalidArgumentError('give a whole number from 1.')
}

function parsePort(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= 65_535) return port
  throw new InvalidArgumentError('give a port from 0 to 65535.')
}
