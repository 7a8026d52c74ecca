import { appendFileSync } from 'node:fs'
import fs, { type FileHandle } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'

/**
 * Loaded before a program with `--import`: its process is killed, or stopped, at one of the calls by which it changes
 * files. Where to is said by the variables below; without `CUT_AT` it only counts and writes the calls down.
 */
const { CUT_AT = '0', CUT_MOMENT = 'before', CUT_SIGNAL = 'SIGKILL', CUT_LOG } = process.env

let count = 0

function cut(): void {
  process.kill(process.pid, CUT_SIGNAL as NodeJS.Signals)
  // A signal of one's own may come a moment late: nothing else may happen meanwhile.
  if (CUT_SIGNAL === 'SIGKILL') {
    for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000)
  }
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50)
}

/** Does half of it before a cut `inside`, where there are halves. */
async function judged<T>(
  name: string,
  whole: () => Promise<T>,
  half: () => Promise<unknown> = async () => {},
): Promise<T> {
  count += 1
  if (CUT_LOG) appendFileSync(CUT_LOG, `${name}\n`)
  if (count !== Number(CUT_AT)) return whole()
  if (CUT_MOMENT === 'before') cut()
  if (CUT_MOMENT === 'inside') {
    await half()
    cut()
  }
  const result = await whole()
  if (CUT_MOMENT === 'after') cut()
  return result
}

const real = { ...fs }
const place = (path: unknown) => String(path).split('/').slice(-2).join('/')

for (const name of ['rename', 'unlink', 'rmdir', 'mkdir', 'rm'] as const) {
  const call = real[name] as (...args: unknown[]) => Promise<unknown>
  Object.assign(fs, {
    [name]: (...args: unknown[]) => {
      const shown = name === 'rename' ? `${place(args[0])} ${place(args[1])}` : place(args[0])
      return judged(`${name} ${shown}`, () => call(...args))
    },
  })
}

Object.assign(fs, {
  async open(path: string, flags = 'r', ...more: unknown[]) {
    const call = () =>
      (real.open as (...args: unknown[]) => Promise<FileHandle>)(path, flags, ...more)
    const writes = /[wax+]/.test(String(flags))
    const handle = writes ? await judged(`open ${place(path)}`, call) : await call()
    const sync = handle.sync.bind(handle)
    handle.sync = () => judged(`sync ${place(path)}`, sync)
    if (!writes) return handle
    const write = handle.writeFile.bind(handle) as (data: string) => Promise<void>
    handle.writeFile = (data) =>
      judged(
        `write ${place(path)}`,
        () => write(String(data)),
        () => write(String(data).slice(0, Math.ceil(String(data).length / 2))),
      )
    return handle
  },
})
syncBuiltinESMExports()
