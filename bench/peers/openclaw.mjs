// Drives openclaw@2026.9.6: its dreaming harness over a folder of daily notes, in a home of its own. It looks
// at few candidates of few days, so pairs go through it fifteen at a time.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const input = JSON.parse(await read(process.stdin))

async function read(stream) {
  let text = ''
  for await (const chunk of stream) text += chunk
  return text
}

const home = mkdtempSync(join(tmpdir(), 'lucidream-openclaw-'))
const state = join(home, 'state')
const notes = join(home, 'ws', 'memory')
mkdirSync(state, { recursive: true })
writeFileSync(
  join(state, 'openclaw.json'),
  JSON.stringify({ agents: { defaults: { workspace: join(home, 'ws') } } }),
)
const began = performance.now()
const verdicts = []
let failure = null
for (let at = 0; at < input.pairs.length && failure === null; at += 15) {
  const group = input.pairs.slice(at, at + 15)
  rmSync(notes, { recursive: true, force: true })
  mkdirSync(notes, { recursive: true })
  const body = group.flatMap(({ a, b }) => [`- ${a}`, `- ${b}`]).join('\n')
  writeFileSync(join(notes, '2026-11-23.md'), `# 2026-11-23\n\n${body}\n`)
  const run = spawnSync(
    process.execPath,
    [join(process.env.PEERS_DIR, 'node_modules/openclaw/openclaw.mjs'), 'memory', 'rem-harness', '--path', notes, '--json'],
    { encoding: 'utf8', timeout: 120_000, env: { ...process.env, HOME: home, OPENCLAW_STATE_DIR: state }, maxBuffer: 1e8 },
  )
  const start = run.stdout.indexOf('{')
  if (run.status !== 0 || start === -1) {
    failure = (run.stderr || run.stdout || String(run.error)).slice(0, 300)
    break
  }
  const kept = run.stdout.slice(start)
  const has = (text) => kept.includes(JSON.stringify(text).slice(1, -1))
  // A pair of which neither line is a candidate was not looked at, rather than kept apart.
  for (const { a, b } of group) {
    verdicts.push({ seen: has(a) || has(b), merged: has(a) !== has(b), flagged: null })
  }
}
rmSync(home, { recursive: true, force: true })
console.log(JSON.stringify({ verdicts, failure, seconds: (performance.now() - began) / 1000, rss: 0 }))
