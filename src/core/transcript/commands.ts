import type { JsonObject } from '../session.ts'

const shells =
  /^(?:bash|shell|sh|zsh|terminal|exec|execute|run_command|run_shell_command|local_shell|exec_command|command)$/i

/** Programs whose next word says what they do. */
const withVerb = new Set(
  'git go npm npx pnpm yarn bun deno cargo docker kubectl gh mise make just pip uv poetry brew apt apt-get systemctl terraform aws gcloud az helm rails bundle mix dotnet gradle mvn'.split(
    ' ',
  ),
)
/** …and the word behind that one, where it is this. */
const running = new Set(['run', 'exec', 'tool', 'x', 'compose'])

const wordPattern = /^[\w.@:/-]{1,40}$/
const maxCommand = 500

/**
 * What a call does, under a name that sessions share: the tool, and for a shell the first words of its
 * command, as in `Bash git commit`. Directory changes, variables and wrappers before the command are passed over.
 */
export function nameAct(tool: string, input: JsonObject): string {
  const head = isShell(tool) ? readHead(input) : []
  return head.length === 0 ? tool : `${tool} ${head.join(' ')}`
}

const isShell = (tool: string) => shells.test(tool.replace(/^mcp__\w+?__/, ''))

const looking =
  /^(?:ls|cat|head|tail|less|grep|rg|find|fd|wc|stat|file|du|df|ps|env|pwd|which|type|echo|date|tree|diff|sort|uniq|awk|cut|test|id|whoami|uname|git (?:status|log|diff|show|branch|blame|remote|rev-parse|ls-files)|gh (?:pr|issue|run|api)|go (?:test|vet|build|list|doc|env|version)|npm (?:test|ls|view)|docker (?:ps|images|logs)|kubectl (?:get|describe|logs))$/

/** A search that does something to what it finds, other than to look at it. */
const findsAndActs =
  /\s-(?:delete|ok|okdir|fprint\w?|fls)\b|\s-exec(?:dir)?\s+(?!(?:cat|grep|wc|ls|stat|file|head|tail|md5sum|sha\d{1,3}sum|cksum|du|echo|basename|dirname)\b)/

/** Whether a shell's command only looks; null where its first words do not tell, or others follow them. */
export function commandChangesState(input: JsonObject): boolean | null {
  const command = commandOf(input)
  const head = readHead(input)
  if (command === null || head.length === 0) return null
  if (head[0] === 'find' && findsAndActs.test(command)) return null
  if (
    />|\||;|&&/.test(
      command.replace(/2>&1|2>\/dev\/null|\|\s*(?:head|tail|grep|wc|sort|uniq|cut)\b[^|;&>]*/g, ''),
    )
  ) {
    return null
  }
  return looking.test(head.join(' ')) || looking.test(head[0] ?? '') ? false : null
}

function commandOf({ command, cmd, script }: JsonObject): string | null {
  const found = [command, cmd, script].find(
    (value) => typeof value === 'string' || Array.isArray(value),
  )
  if (Array.isArray(found)) return found.join(' ').slice(0, maxCommand)
  return typeof found === 'string' ? found.slice(0, maxCommand) : null
}

function readHead(input: JsonObject): string[] {
  const command = commandOf(input)
  if (command === null) return []
  const plain = command
    .trim()
    .replace(/^(?:cd\s+[^&;\n]{1,300}(?:&&|;|\n)\s*)+/, '')
    .replace(/^(?:(?:[A-Z_][A-Z0-9_]*=\S{0,200}|sudo|time|nohup|env|timeout\s+\S{1,10})\s+)+/, '')
  const words = plain.split(/\s+/).slice(0, 4)
  const [program = ''] = words
  const name = program.split('/').at(-1) ?? ''
  if (!wordPattern.test(name)) return []
  if (!withVerb.has(name)) return [name]
  const verb = words.slice(1).find((word) => !word.startsWith('-'))
  if (verb === undefined || !wordPattern.test(verb)) return [name]
  const next = words[words.indexOf(verb) + 1]
  return running.has(verb) && next !== undefined && wordPattern.test(next)
    ? [name, verb, next]
    : [name, verb]
}
