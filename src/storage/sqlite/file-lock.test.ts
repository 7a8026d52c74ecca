import { spawn } from 'node:child_process'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { tryLockFile } from './file-lock.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lucidream-lock-'))
  path = join(folder, 'lock')
})
afterEach(() => rmSync(folder, { recursive: true }))

/** A process that does something with the lock. */
function aside(script: string) {
  const source = `
    import { tryLockFile } from ${JSON.stringify(join(import.meta.dirname, 'file-lock.ts'))}
    import { readFileSync, writeFileSync } from 'node:fs'
    const path = ${JSON.stringify(path)}
    ${script}`
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const said = new Promise<void>((resolve) => child.stdout.once('data', () => resolve()))
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve))
  return { child, said, closed }
}

it('is given to one at a time, in one process as well, and leaves nothing behind', () => {
  const lock = tryLockFile(path)
  expect(lock).not.toBeNull()
  expect(tryLockFile(path)).toBeNull()
  expect(readdirSync(folder)).toEqual(['lock'])
  lock?.release()
  expect(readdirSync(folder)).toEqual([])
  tryLockFile(path)?.release()
  expect(existsSync(path)).toBe(false)
})

it('is held by another process until that one dies, and taken from the dead', async () => {
  const other = aside(`tryLockFile(path); console.log('has it'); setInterval(() => {}, 1_000)`)
  await other.said
  expect(tryLockFile(path)).toBeNull()
  other.child.kill('SIGKILL')
  await other.closed
  expect(readdirSync(folder)).toEqual(['lock'])
  const lock = tryLockFile(path)
  expect(lock).not.toBeNull()
  lock?.release()
  expect(readdirSync(folder)).toEqual([])
})

it('is never held by two, though each removes the file when it is done', async () => {
  const [count, times] = [join(folder, 'count'), 400]
  writeFileSync(count, '0')
  const workers = Array.from({ length: 3 }, () =>
    aside(`
      const count = ${JSON.stringify(count)}
      for (let done = 0; done < ${times}; ) {
        const lock = tryLockFile(path)
        if (!lock) continue
        const seen = Number(readFileSync(count, 'utf8'))
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Math.random())
        writeFileSync(count, String(seen + 1))
        lock.release()
        done += 1
      }`),
  )
  const codes = await Promise.all(workers.map(({ closed }) => closed))
  expect(codes).toEqual([0, 0, 0])
  expect(readFileSync(count, 'utf8')).toBe(String(3 * times))
}, 60_000)

it('refuses a link, a folder and a file with something in it', () => {
  writeFileSync(join(folder, 'empty'), '')
  symlinkSync(join(folder, 'empty'), path)
  expect(() => tryLockFile(path)).toThrow('Remove it')
  expect(() => tryLockFile(folder)).toThrow('Remove it')
  rmSync(path)
  writeFileSync(path, 'a diary')
  expect(() => tryLockFile(path)).toThrow('Remove it')
  expect(readFileSync(path, 'utf8')).toBe('a diary')
  expect(() => tryLockFile(join(folder, 'none', 'lock'))).toThrow('There is no folder')
})
