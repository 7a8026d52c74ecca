import { defineConfig } from 'vitest/config'

// Files share one module registry (14 times faster on two cores): no test may keep state in a module.
export default defineConfig({
  test: {
    isolate: false,
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 30_000,
  },
})
