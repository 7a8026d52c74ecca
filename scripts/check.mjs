// Everything a change must pass before it lands: the same for contributors and for CI.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const tool = (name) => `node_modules/.bin/${name}`
const checks = [
  ['format and lint', tool('biome'), ['check', '--error-on-warnings', '.']],
  ['types', tool('tsc'), ['-p', '.']],
  ['core compiled alone', tool('tsc'), ['-p', 'src/core']],
  ['layers', tool('depcruise'), ['--config', '.dependency-cruiser.cjs', 'src']],
  ['dead code', tool('knip'), ['--no-config-hints']],
  ['house rules', process.execPath, ['scripts/house-rules.mjs']],
  ['generated files', process.execPath, ['scripts/generate.ts', '--check']],
]

/** dependency-cruiser passes an empty run: without a TypeScript it understands it sees no file at all. */
function findSilentPass(name, output) {
  if (name !== 'layers') return null
  const cruised = /(\d+) modules/.exec(output)
  return cruised && Number(cruised[1]) > 50
    ? null
    : 'it saw hardly any module: is its TypeScript missing?'
}

let failed = 0
for (const [name, command, args] of checks) {
  const began = performance.now()
  const run = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  const output = `${run.stdout ?? ''}${run.stderr ?? ''}`
  const silent = run.status === 0 ? findSilentPass(name, output) : null
  const ok = run.status === 0 && silent === null && existsSync('src/core')
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`)
  if (ok) continue
  failed += 1
  console.log(silent ?? output.trim())
}
process.exitCode = failed === 0 ? 0 : 1
