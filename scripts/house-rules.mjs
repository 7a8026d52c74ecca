// Rules that no off-the-shelf linter covers. Run in the root of the tree; prints one line a breach.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

const maxLines = 400
const longAllowed = /(tables|schema)\.ts$|\.(test|conformance)\.ts$|migrations\//
const bannedWords =
  /manager|helper|util|repository|provider|processor|consolidat|misc|(?<![a-z])common/i
/** Breaks every rule on purpose, in text. */
const plants = 'test/rules.test.ts'
const problems = []
const files = listFiles()

for (const path of files.filter((file) => /\.(ts|mjs|cjs)$/.test(file))) {
  const text = readFileSync(path, 'utf8')
  if (path.startsWith('src/')) checkSource(path, text)
  if (/\.(test|conformance)\.ts$/.test(path) && path !== plants) checkTest(path, text)
}
for (const path of files.filter((file) => file.endsWith('.md'))) checkLinks(path)
for (const path of files.filter(isText)) checkPlaces(path)
checkDecisions()
for (const name of [
  'README.md',
  'ARCHITECTURE.md',
  'GLOSSARY.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'LICENSE',
]) {
  if (!existsSync(name)) problems.push(`${name} is missing`)
}

for (const problem of problems) console.error(problem)
process.exitCode = problems.length > 0 ? 1 : 0

/** Tracked and new files; without git, everything but what is installed. */
function listFiles() {
  const git = spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    encoding: 'utf8',
  })
  if (git.status === 0)
    return git.stdout
      .split('\n')
      .filter((path) => path !== '' && existsSync(path) && statSync(path).isFile())
  return readdirSync('.', { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => normalize(join(entry.parentPath, entry.name)))
    .filter((path) => !/(^|\/)(node_modules|\.git|\.lucidream)\//.test(path))
}

function checkSource(path, text) {
  const lines = text.split('\n').length
  if (lines > maxLines && !longAllowed.test(path)) {
    problems.push(`${path}: ${lines} lines, at most ${maxLines}`)
  }
  if (/process\.env/.test(text) && path !== 'src/config.ts') {
    problems.push(`${path}: reads the environment; only src/config.ts may`)
  }
  if (
    !path.startsWith('src/storage/') &&
    /from 'kysely'|from 'node:sqlite'|\bselectFrom\(/.test(text)
  ) {
    problems.push(`${path}: speaks to the database; only src/storage may`)
  }
  const exported = /export (?:async )?(?:function\*?|class|type|interface|const) (\w+)/g
  const names = [...text.matchAll(exported)].map((match) => match[1])
  for (const name of [path, ...names]) {
    if (bannedWords.test(name)) problems.push(`${path}: "${name}" uses a word the glossary bans`)
  }
}

function checkTest(path, text) {
  if (/\.(only|todo)\(/.test(text)) problems.push(`${path}: .only or .todo`)
  if (/\b(?:it|test|describe)\.skip\(/.test(text))
    problems.push(`${path}: a skipped test; use skipIf with a reason`)
  const tests = text.match(/^\s*(?:it|test)(?:\.\w+(?:\([^)]*\))?)?\(/gm)?.length ?? 0
  const asserts = text.match(/\bexpect\b|\bassert\b/g)?.length ?? 0
  if (tests > 0 && asserts < tests) {
    problems.push(`${path}: ${tests} tests and ${asserts} assertions; every test asserts`)
  }
}

function isText(path) {
  return !/\.(gz|png|db)$/.test(path) && path !== 'scripts/house-rules.mjs' && path !== plants
}

/** The repository names no machine and no registry. */
function checkPlaces(path) {
  const text = readFileSync(path, 'utf8')
  const machine = /(?:^|[\s"'`(=])\/(?:home|root|work|Users)\/[\w.-]+/m.exec(text)
  if (machine && !path.startsWith('data/'))
    problems.push(`${path}: names a machine's path: ${machine[0].trim()}`)
  if (/https?:\/\/[^\s"]*(?:registry|artifactory|verdaccio|nexus)/i.test(text)) {
    problems.push(`${path}: names a package registry`)
  }
}

function checkLinks(path) {
  const text = readFileSync(path, 'utf8').replace(/```[\s\S]*?```/g, '')
  for (const [, target] of text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
    if (/^[a-z]+:/.test(target)) continue
    if (!existsSync(join(dirname(path), target)))
      problems.push(`${path}: links to ${target}, which is not there`)
  }
}

function checkDecisions() {
  const seen = new Map()
  for (const path of files.filter((file) => /^docs\/decisions\/\d{4}-/.test(file))) {
    const number = path.slice('docs/decisions/'.length).slice(0, 4)
    if (seen.has(number)) problems.push(`${path}: number ${number} is taken by ${seen.get(number)}`)
    seen.set(number, path)
  }
}
