#!/usr/bin/env node
// Checks the Node version before anything that an old Node cannot even parse is loaded.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 13)) {
  console.error(
    `lucidream needs Node 22.13 or newer; this is ${process.versions.node}. ` +
      'Run it through npm in the checkout (npm start, npm run lucidream -- …), which brings its own Node, or install a newer one.',
  )
  process.exit(3)
}

if (process.features.typescript) {
  const { main } = await import('../src/main.ts')
  await main()
} else {
  // Node 22.13 to 22.17 reads TypeScript only when asked to.
  const flags = ['--experimental-strip-types', '--disable-warning=ExperimentalWarning']
  const self = fileURLToPath(import.meta.url)
  const child = spawnSync(process.execPath, [...flags, self, ...process.argv.slice(2)], {
    stdio: 'inherit',
  })
  process.exit(child.status ?? 1)
}
