import { spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/**
 * Every rule of the house is broken once, in a copy of the tree, and must be caught by name. A check that
 * passes whatever one does is worse than none.
 */
const root = process.cwd()
const copied = [
  'src',
  'scripts',
  'docs',
  'bench',
  'data',
  'generated',
  'bin',
  'package.json',
  'tsconfig.json',
  'biome.json',
  'pure.grit',
  'knip.json',
  'vitest.config.ts',
  '.dependency-cruiser.cjs',
  '.gitignore',
  'README.md',
  'ARCHITECTURE.md',
  'GLOSSARY.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'LICENSE',
]
let tree = ''

beforeAll(() => {
  tree = realpathSync(mkdtempSync(join(tmpdir(), 'lucidream-rules-')))
  for (const name of copied) cpSync(join(root, name), join(tree, name), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'))
  spawnSync('git', ['init', '-q'], { cwd: tree })
})
afterAll(() => rmSync(tree, { recursive: true, force: true }))

function runTool(name: string, args: readonly string[]) {
  const command = name === 'node' ? process.execPath : join('node_modules/.bin', name)
  const run = spawnSync(command, args, { cwd: tree, encoding: 'utf8' })
  return { status: run.status, output: `${run.stdout}${run.stderr}` }
}

const tools = {
  layers: () => runTool('depcruise', ['--config', '.dependency-cruiser.cjs', 'src', 'web']),
  lint: () => runTool('biome', ['lint', '--max-diagnostics=200', '--error-on-warnings', '.']),
  format: () => runTool('biome', ['format', '.']),
  types: () => runTool('tsc', ['-p', '.']),
  core: () => runTool('tsc', ['-p', 'src/core']),
  dead: () => runTool('knip', ['--no-config-hints']),
  house: () => runTool('node', ['scripts/house-rules.mjs']),
  generated: () => runTool('node', ['scripts/generate.ts', '--check']),
}

/** Plants files, runs one tool over all of them, and takes the files away again. */
function plant(tool: keyof typeof tools, files: Readonly<Record<string, string>>) {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(tree, dirname(path)), { recursive: true })
    writeFileSync(join(tree, path), text)
  }
  try {
    return tools[tool]()
  } finally {
    for (const path of Object.keys(files)) rmSync(join(tree, path))
  }
}

describe('the layers', () => {
  it('are broken by each of these imports, and the rule says which', () => {
    const exported = 'export const x = 1\n'
    const importing = (from: string) => `import { x } from '${from}'\nexport const y = x\n`
    const { status, output } = plant('layers', {
      'src/core/planted-node.ts':
        "import { readFileSync } from 'node:fs'\nexport const y = readFileSync\n",
      'src/core/planted-npm.ts': "import { z } from 'zod'\nexport const y = z\n",
      'src/core/planted-storage.ts': importing('../storage/planted.ts'),
      'src/storage/planted.ts': exported,
      'src/storage/planted-engine.ts': importing('../engines/planted.ts'),
      'src/engines/planted.ts': exported,
      'src/engines/planted-root.ts': importing('../planted.ts'),
      'src/planted.ts': exported,
      'src/importers/planted-storage.ts': importing('../storage/planted.ts'),
      'src/importers/formats/one/planted.ts': importing('../two/planted.ts'),
      'src/importers/formats/two/planted.ts': exported,
      'src/api/planted-pipeline.ts': importing('../pipeline/planted.ts'),
      'src/pipeline/planted.ts': exported,
      'src/pipeline/steps/planted-a.ts': importing('./planted-b.ts'),
      'src/pipeline/steps/planted-b.ts': exported,
      'src/contract/planted-core.ts': importing('../core/planted-one.ts'),
      'src/core/planted-one.ts': exported,
      'src/core/planted-cycle-a.ts':
        "import type { B } from './planted-cycle-b.ts'\nexport type A = B[] | 1\n",
      'src/core/planted-cycle-b.ts':
        "import type { A } from './planted-cycle-a.ts'\nexport type B = A[] | 2\n",
      'src/core/planted-lost.ts': "import { x } from './nowhere.ts'\nexport const y = x\n",
      'web/planted.ts': importing('../src/storage/planted.ts'),
    })
    expect(status).not.toBe(0)
    for (const breach of [
      'core-is-pure: src/core/planted-node.ts',
      'core-is-pure: src/core/planted-npm.ts',
      'core-imports-only-itself: src/core/planted-storage.ts',
      'storage-imports-only-itself-core: src/storage/planted-engine.ts',
      'the-root-wires-and-is-never-imported: src/engines/planted-root.ts',
      'importers-imports-only-itself-core: src/importers/planted-storage.ts',
      'importers-do-not-import-importers-of-other-formats: src/importers/formats/one/planted.ts',
      'api-imports-only-itself-core-contract-storage: src/api/planted-pipeline.ts',
      'steps-do-not-import-steps: src/pipeline/steps/planted-a.ts',
      'contract-imports-only-itself: src/contract/planted-core.ts',
      'no-cycles: src/core/planted-cycle-a.ts',
      'everything-resolves: src/core/planted-lost.ts',
      'web-knows-only-the-contract: web/planted.ts',
    ]) {
      expect(output).toContain(breach)
    }
  }, 60_000)
})

describe('the linter', () => {
  it('finds each of these faults', () => {
    const { status, output } = plant('lint', {
      'src/core/planted-random.ts': 'export const y = () => Math.random()\n',
      'src/core/planted-now.ts': 'export const y = () => Date.now()\n',
      'src/core/planted-date.ts': 'export const y = () => new Date()\n',
      'src/core/planted-id.ts': 'export const y = () => crypto.randomUUID()\n',
      'src/core/planted-default.ts': 'export default 1\n',
      'src/core/planted-any.ts': 'export const y = (x: any) => x\n',
      'src/core/planted-params.ts': 'export const y = (a: 1, b: 1, c: 1, d: 1) => [a, b, c, d]\n',
      'src/core/planted-long.ts': `export function y() {\n${'  y()\n'.repeat(61)}}\n`,
      'src/core/planted-va.ts': "import { b } from './planted-vb.ts'\nexport const a = () => b\n",
      'src/core/planted-vb.ts': "import { a } from './planted-va.ts'\nexport const b = () => a\n",
    })
    expect(status).not.toBe(0)
    for (const name of ['random', 'now', 'date', 'id']) {
      expect(output).toMatch(new RegExp(`planted-${name}\\.ts:\\d+:\\d+ plugin`))
    }
    for (const [name, rule] of [
      ['default', 'noDefaultExport'],
      ['any', 'noExplicitAny'],
      ['params', 'useMaxParams'],
      ['long', 'noExcessiveLinesPerFunction'],
      ['va', 'noImportCycles'],
    ]) {
      expect(output).toMatch(new RegExp(`planted-${name}\\.ts:\\d+:\\d+ lint/\\w+/${rule}`))
    }
  }, 60_000)

  it('finds what is not formatted', () => {
    const { status, output } = plant('format', {
      'src/core/planted.ts': 'export const  y = "a";\n',
    })
    expect(status).not.toBe(0)
    expect(output).toContain('planted.ts')
  })
})

describe('the compiler', () => {
  it('finds a wrong type, and what only Node has, in the core', () => {
    const faults = {
      'src/core/planted-type.ts': 'export const y: string = 1\n',
      'src/core/planted-process.ts': 'export const y = process.pid\n',
      'src/core/planted-fetch.ts': "export const y = fetch('x')\n",
    }
    const types = plant('types', faults)
    expect(types.status).not.toBe(0)
    expect(types.output).toContain('planted-type.ts')
    const core = plant('core', faults)
    for (const name of Object.keys(faults)) expect(core.output).toContain(name.split('/').at(-1))
  }, 60_000)
})

describe('dead code', () => {
  it('is found: a file and an export that nobody uses', () => {
    const { status, output } = plant('dead', {
      'src/core/planted-unused.ts': 'export const unused = 1\n',
    })
    expect(status).not.toBe(0)
    expect(output).toContain('planted-unused.ts')
  }, 60_000)
})

describe('the house rules', () => {
  it('are broken by each of these, one line a breach', () => {
    const { status, output } = plant('house', {
      'src/core/planted-long.ts': '\n'.repeat(401),
      'src/core/planted-env.ts': 'export const y = process.env.HOME\n',
      'src/core/planted-word.ts': 'export class ThingManager {}\n',
      'src/pipeline/planted-sql.ts': "import { sql } from 'kysely'\nexport const y = sql\n",
      'src/core/planted-empty.test.ts':
        "import { it } from 'vitest'\nit('does nothing', () => {})\n",
      'src/core/planted-only.test.ts':
        "import { expect, it } from 'vitest'\nit.only('x', () => expect(1).toBe(1))\n",
      'src/core/planted-place.ts': "export const y = '/home/someone/file'\n",
      'planted.md': 'See [this](nowhere.md).\n',
      'docs/decisions/9999-a.md': '# A\n',
      'docs/decisions/9999-b.md': '# B\n',
    })
    expect(status).not.toBe(0)
    for (const breach of [
      'planted-long.ts: 402 lines',
      'planted-env.ts: reads the environment',
      'planted-word.ts: "ThingManager" uses a word',
      'planted-sql.ts: speaks to the database',
      'planted-empty.test.ts: 1 tests and 0 assertions',
      'planted-only.test.ts: .only',
      'planted-place.ts: names a machine',
      'planted.md: links to nowhere.md',
      'number 9999 is taken',
    ]) {
      expect(output).toContain(breach)
    }
  })

  it('find a generated file that is stale', () => {
    const path = join(tree, 'generated/schema.sqlite.sql')
    writeFileSync(path, '-- old\n')
    const { status } = tools.generated()
    cpSync(join(root, 'generated/schema.sqlite.sql'), path)
    expect(status).not.toBe(0)
  })

  it('hold for the tree as it is', () => {
    for (const name of ['layers', 'lint', 'format', 'house'] as const) {
      const tool =
        name === 'layers'
          ? () => runTool('depcruise', ['--config', '.dependency-cruiser.cjs', 'src'])
          : tools[name]
      const { status, output } = tool()
      expect(status === 0 ? '' : `${name}: ${output}`).toBe('')
    }
  }, 60_000)
})
