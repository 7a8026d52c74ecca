// The layer table of ARCHITECTURE.md, as rules. Every rule is an error; there is no baseline.
const layers = {
  core: [],
  contract: [],
  storage: ['core'],
  engines: ['core'],
  importers: ['core'],
  pipeline: ['core', 'storage', 'engines', 'importers'],
  api: ['core', 'contract', 'storage'],
  cli: ['core', 'contract', 'storage', 'pipeline'],
}

// Pure packages (no IO, no clock, no randomness) that core may use, each for one reason:
const pureInCore = [
  'canonicalize', // RFC 8785 canonical JSON, for hashes
  'diff', // which lines and words differ, as data
  'mdast-util-from-markdown', // CommonMark parser: documents into items
  'mdast-util-gfm', // tables and task lists
  'micromark-extension-gfm',
  'croner', // cron expressions and time zones: when a schedule fires
  'ipaddr.js', // which range an address belongs to
  'picomatch', // path patterns of policies
  're2js', // regular expressions of policies, in time linear in the text
  '@bufbuild/cel', // conditions of policies
]

const inside = (names) => names.map((name) => `^src/${name}/`)

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'core-is-pure',
      severity: 'error',
      from: { path: '^src/core/', pathNot: '[.]test[.]ts$' },
      to: {
        dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-optional', 'npm-no-pkg', 'npm-unknown'],
        pathNot: [...pureInCore, '@types/mdast'].map((name) => `(^|/)node_modules/${name}/`),
      },
    },
    {
      name: 'everything-resolves',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'the-root-wires-and-is-never-imported',
      severity: 'error',
      from: { path: '^src/[^/]+/' },
      to: { path: '^src/[^/]+[.]ts$' },
    },
    {
      name: 'web-knows-only-the-contract',
      severity: 'error',
      from: { path: '^web/' },
      to: { path: '^src/', pathNot: '^src/contract/' },
    },
    {
      name: 'steps-do-not-import-steps',
      severity: 'error',
      from: { path: '^src/pipeline/steps/([^/]+)[.]ts$' },
      to: { path: '^src/pipeline/steps/', pathNot: '^src/pipeline/steps/$1([.]test)?[.]ts$' },
    },
    {
      name: 'importers-do-not-import-importers-of-other-formats',
      severity: 'error',
      from: { path: '^src/importers/formats/([^/]+)/' },
      to: { path: '^src/importers/formats/', pathNot: '^src/importers/formats/$1/' },
    },
    ...Object.entries(layers).map(([name, allowed]) => ({
      name: `${name}-imports-only-${['itself', ...allowed].join('-')}`,
      severity: 'error',
      from: { path: `^src/${name}/` },
      to: { path: '^src/[^/]+/', pathNot: inside([name, ...allowed]) },
    })),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    // Some packages name nothing but what Node imports.
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['node', 'import', 'require', 'default'] },
  },
}
