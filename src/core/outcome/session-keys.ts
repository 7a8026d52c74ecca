import { contentText, type EventBody, type Session, type SessionEvent } from '../session.ts'
import type { Subject } from './signal.ts'
import { type Confidence, normalSubject } from './subject.ts'

/** What a session is known by, and where that was read. */
export interface SessionKey extends Subject {
  readonly via: string
  readonly confidence: Confidence
}

/** Beyond this a result says nothing more of what a command of git did. */
const readCharacters = 65_536
const longestValue = 512

const key = (subject: Subject, via: string): SessionKey[] => {
  const one = normalSubject(subject)
  if (one.value === '' || one.value.length > longestValue) return []
  return [{ ...one, via, confidence: one.type === branchName ? 'weak' : 'strong' }]
}

/** A branch without its repository: any other may have one of the same name. */
const branchName = 'git.branch_name'
/** Everybody has these. */
const sharedBranches = new Set(['main', 'master', 'develop', 'development', 'trunk', 'head', ''])

/** Names under which tools keep what other systems call their own. */
const wellKnown: Readonly<Record<string, string>> = {
  'gen_ai.conversation.id': 'conversation_id',
  conversation_id: 'conversation_id',
  thread_id: 'thread_id',
  group_id: 'group_id',
  trace_id: 'trace_id',
  response_id: 'response_id',
  exposure_id: 'exposure_id',
  'lucidream.exposure_id': 'exposure_id',
  repository: 'repository',
  actor: 'actor',
}

/** A session may name several exposures, with commas between them. */
const valuesOf = (type: string, value: string): SessionKey[] =>
  (type === 'exposure_id' ? value.split(',', 16) : [value]).flatMap((one) =>
    key({ type, value: one }, 'metadata'),
  )

/** What is said of the session beside its transcript: its key, labels and metadata. */
export function describedKeys(
  {
    key: name,
    format,
    labels,
    principal,
  }: Pick<Session, 'key' | 'format' | 'labels' | 'principal'>,
  metadata: Readonly<Record<string, string>>,
): SessionKey[] {
  const said = Object.entries({ ...labels, ...metadata })
  const named = said.flatMap(([label, value]) => {
    const known = Object.hasOwn(wellKnown, label) ? wellKnown[label] : undefined
    return [
      ...key({ type: `metadata.${label}`, value }, 'metadata'),
      ...(known === undefined ? [] : valuesOf(known, value)),
    ]
  })
  const {
    git_branch: branch = '',
    pr_url: url = '',
    repository = null,
  } = { ...labels, ...metadata }
  const short = name.startsWith(`${format}:`) ? name.slice(format.length + 1) : name
  return [
    ...key({ type: 'session_key', value: short }, 'metadata'),
    ...key({ type: 'actor', value: principal ?? '' }, 'metadata'),
    ...named,
    ...pullRequest(url, 'metadata'),
    ...branchKeys({ branch, repository }, 'metadata'),
  ]
}

/**
 * What the session's own commands of git and gh did: commits, branches, pull requests, and the trailers that it wrote. Only
 * results of such commands are read: a page that a tool fetched may say anything. Begin a few events early, so that a
 * result finds the call it answers.
 */
export function eventKeys(events: readonly SessionEvent[]): SessionKey[] {
  const commands = new Map<string, string>()
  return events.flatMap(({ id, body }) => {
    if (body.type === 'agent.tool_use') {
      const command = commandOf(body.input)
      if (!/\b(?:git|gh)\b/.test(command)) return []
      commands.set(id, command)
      return trailers(command)
    }
    const result = resultOf(body)
    const command = result && commands.get(result.call)
    return result && command ? resultKeys(command, result.text) : []
  })
}

const commandOf = (input: object): string => {
  const { command, cmd } = input as { command?: unknown; cmd?: unknown }
  const said = command ?? cmd
  if (Array.isArray(said)) return said.join(' ').slice(0, readCharacters)
  return typeof said === 'string' ? said.slice(0, readCharacters) : ''
}

function resultOf(body: EventBody): { readonly call: string; readonly text: string } | null {
  if (body.type !== 'agent.tool_result' || body.is_error || body.tool_use_id === null) return null
  return { call: body.tool_use_id, text: contentText(body.content).slice(0, readCharacters) }
}

/** `Claude-Session: https://claude.ai/code/session_…`, in commits and bodies of pull requests. */
const trailers = (command: string): SessionKey[] =>
  [...command.matchAll(/Claude-Session:[ \t]{0,4}\S{0,80}?(session_[A-Za-z0-9_-]{4,64})/g)].flatMap(
    ([, name = '']) => key({ type: 'claude.session', value: name }, 'events'),
  )

function resultKeys(command: string, text: string): SessionKey[] {
  const repository =
    /^To (?:https:\/\/|ssh:\/\/)?(?:git@)?github\.com[:/]([\w.-]{1,100}\/[\w.-]{1,100}?)(?:\.git)?$/m.exec(
      text,
    )?.[1] ?? null
  const found = key({ type: 'repository', value: repository ?? '' }, 'events')
  if (/\bgit\b.{0,200}\bcommit\b/s.test(command)) {
    for (const [, branch = '', sha = ''] of text.matchAll(
      /^\[(\S{1,200})(?: \(root-commit\))? ([0-9a-f]{7,40})\] /gm,
    )) {
      found.push(...shaKey(sha), ...branchKeys({ branch, repository }, 'events'))
    }
  }
  if (/\bgit\b.{0,200}\bpush\b/s.test(command)) {
    for (const [, sha = '', branch = ''] of text.matchAll(
      /^ *[ +*]? ?[0-9a-f]{7,40}\.{2,3}([0-9a-f]{7,40}) +\S{1,200} -> (\S{1,200})/gm,
    )) {
      found.push(...shaKey(sha), ...branchKeys({ branch, repository }, 'events'))
    }
    for (const [, branch = ''] of text.matchAll(
      /^ \* \[new branch\] +\S{1,200} -> (\S{1,200})/gm,
    )) {
      found.push(...branchKeys({ branch, repository }, 'events'))
    }
  }
  if (/\bgit\b.{0,200}\brev-parse\b/s.test(command)) {
    for (const [sha] of text.matchAll(/^[0-9a-f]{40}$/gm)) found.push(...shaKey(sha))
  }
  if (/\bgh\b.{0,200}\bpr\b.{0,200}\bcreate\b/s.test(command)) {
    found.push(...pullRequest(text.trim().split('\n').at(-1) ?? '', 'events'))
  }
  return found
}

const shaKey = (sha: string) => key({ type: 'git.sha', value: sha }, 'events')

function pullRequest(url: string, via: string): SessionKey[] {
  const [, name, number] =
    /^https:\/\/github\.com\/([\w.-]{1,100}\/[\w.-]{1,100})\/pull\/(\d{1,9})\b/.exec(url.trim()) ??
    []
  return name === undefined ? [] : key({ type: 'github.pr', value: `${name}#${number}` }, via)
}

function branchKeys(
  { branch, repository }: { readonly branch: string; readonly repository: string | null },
  via: string,
): SessionKey[] {
  if (sharedBranches.has(branch.toLowerCase())) return []
  const alone = key({ type: branchName, value: branch }, via)
  if (repository === null) return alone
  return [...alone, ...key({ type: 'git.branch', value: `${repository}@${branch}` }, via)]
}
