import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Mapper } from '../../core/receive/mapping.ts'
import { findBuiltInMapping } from './built-in-mappings.ts'
import type { Question, Reply } from './mapping-process.ts'
import { judgeResult } from './signal-shape.ts'

/** The process is killed then, whatever it does. */
const mappingMs = 2_000
/** For a process to start on a busy machine. */
const startMs = 30_000
/** A process that nobody needs goes after this long. */
const idleMs = 30_000
/** Sixty times the largest payload, for what is parsed of it and for results on the way. */
const memoryMb = 64

const script = new URL('./mapping-process.ts', import.meta.url)
/** The program and what it needs; nothing else can be read, and nothing written or started. */
const readable = fileURLToPath(new URL('../../../', import.meta.url))

/**
 * A process of its own, not a thread: a thread that asks for much memory at once takes the whole server
 * with it, whatever its limits. One task at a time, so that nobody's time is spent waiting for another.
 */
export function openMapper(): Mapper {
  let child: ChildProcess | null = null
  let idle: NodeJS.Timeout | undefined
  let last: Promise<unknown> = Promise.resolve()

  const end = () => {
    clearTimeout(idle)
    child?.kill('SIGKILL')
    child = null
  }
  const ask = async (question: Question): Promise<Reply | string> => {
    clearTimeout(idle)
    if (child === null || !child.connected || child.exitCode !== null) {
      end()
      child = startProcess()
      const ready = await nextReply(child, startMs)
      if (typeof ready === 'string') return failStart(ready, end)
    }
    const answer = nextReply(child, mappingMs)
    child.send(question, () => {})
    const reply = await answer
    if (typeof reply === 'string') end()
    else idle = setTimeout(end, idleMs).unref()
    return reply
  }
  const inTurn = (question: Question) => {
    const result = last.then(() => ask(question))
    last = result
    return result
  }
  return {
    async map(task) {
      const reply = await inTurn({ type: 'map', task })
      if (typeof reply === 'string') return { type: 'failed', reason: reply }
      if (reply.type === 'evaluated') return judgeResult(reply.json, task.receivedAt)
      if (reply.type === 'ignored' || reply.type === 'failed') return reply
      throw new Error(`An answer out of turn: ${reply.type}`)
    },
    async findFault(task) {
      const reply = await inTurn({ type: 'check', task })
      if (typeof reply === 'string') return reply
      return reply.type === 'checked' ? reply.fault : null
    },
    findBuiltIn: findBuiltInMapping,
    async close() {
      await last
      end()
    },
  }
}

function failStart(why: string, end: () => void): string {
  end()
  return why
}

function startProcess(): ChildProcess {
  const child = fork(script, {
    env: {},
    execArgv: [`--max-old-space-size=${memoryMb}`, '--permission', `--allow-fs-read=${readable}`],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  // A mapping that is under way is waited for by whoever asked; by itself it keeps no program alive.
  child.unref()
  child.channel?.unref()
  child.on('error', () => {})
  return child
}

/** The next message, or why there is none. */
async function nextReply(child: ChildProcess, limitMs: number): Promise<Reply | string> {
  const stop = new AbortController()
  const timer = setTimeout(() => stop.abort(), limitMs)
  try {
    return await Promise.race([
      once(child, 'message', { signal: stop.signal }).then(([message]) => message as Reply),
      once(child, 'exit', { signal: stop.signal }).then(
        () =>
          `mapping: it was ended for using more than ${memoryMb} MB of memory; make the expression simpler`,
      ),
    ])
  } catch {
    return `mapping: it was ended after ${limitMs / 1_000} s; make the expression simpler`
  } finally {
    clearTimeout(timer)
    stop.abort()
  }
}
