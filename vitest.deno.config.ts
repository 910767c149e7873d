import { defineConfig } from 'vitest/config'

/** The pure rooms' tests on Deno: `deno run -A node_modules/vitest/vitest.mjs run --config vitest.deno.config.ts`. */
export default defineConfig({
  test: {
    name: 'deno',
    include: [
      'test/{format,protocol,storage,greylist,mailbox,routing,queue,arrival,delivery,access}/**/*.test.ts',
      'test/deno/**/*.test.ts',
    ],
    pool: 'forks',
  },
})
