import { spawn } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ended, inFolder } from './_program.ts'

/** Starts the server as the README says and answers with its address once the bundled sessions are dreamt over. */
async function startAsToldIn(folder: string) {
  const child = spawn(
    process.execPath,
    ['bin/lucidream.mjs', 'serve', '--port', '0', '--data', folder],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  let said = ''
  for await (const chunk of child.stderr) {
    said += String(chunk)
    if (/Dream drm_\w+ completed/.test(said)) break
  }
  child.stderr.resume()
  const url = /listens on (\S+)/.exec(said)?.[1] ?? ''
  const key = /First API key.*: (\S+)/.exec(said)?.[1] ?? ''
  return { child, url, key }
}

describe('the README', () => {
  it('shows code that dreams over a started server', async () => {
    await inFolder(async (folder) => {
      const code = /```ts\n([\s\S]*?)```/.exec(readFileSync('README.md', 'utf8'))?.[1] ?? ''
      const { child, url, key } = await startAsToldIn(folder)
      // Beside the package, so that it finds the client.
      const path = `test/_readme-${process.pid}.ts`
      try {
        writeFileSync(path, code.replace('http://127.0.0.1:4177', url))
        const env = { ...process.env, LUCIDREAM_KEY: key }
        const example = spawn(process.execPath, [path], {
          env,
          stdio: ['ignore', 'pipe', 'inherit'],
        })
        const { code: status, out } = await ended(example)
        expect(status).toBe(0)
        expect(out).toContain('completed')
        expect(out).toContain('memstore_')
      } finally {
        rmSync(path, { force: true })
        child.kill('SIGTERM')
        await ended(child)
      }
    })
  }, 120_000)
})
