import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

/** The Worker as wrangler.toml describes it, for a bridge and a resolver that only tests know. */
function worker(more: { r2Buckets?: string[] }): Parameters<typeof cloudflareTest>[0] {
  return {
    wrangler: { configPath: './wrangler.toml' },
    miniflare: {
      bindings: {
        FACTEUR_HOSTNAME: 'mail.facteur.test',
        FACTEUR_BRIDGE_SECRET: 'bridge-secret-of-the-tests',
        FACTEUR_ADMIN_TOKEN: 'admin-token-of-the-tests',
        FACTEUR_EGRESS: 'http://bridge.test',
        FACTEUR_DOH: 'https://doh.test/dns-query',
        // Where mail of these tests comes from; those that are about verifying come from elsewhere.
        FACTEUR_TRUSTED_NETWORKS: '192.0.2.0/24',
        FACTEUR_RETRY_FIRST_SECONDS: '60',
        FACTEUR_QUEUE_SHARDS: 'busy.test=3',
        FACTEUR_PARKING: 'yes',
        FACTEUR_PUBLIC_URL: 'https://mail.facteur.test',
      },
      // Not called EMAIL, which would be another way out of the house.
      email: { send_email: [{ name: 'TEST_EMAIL', allowed_destination_addresses: ['you@there.test'] }] },
      ...more,
    },
  }
}

/** Long after anything that is well has ended, however busy the machine: what hangs is found, and nothing is timed. */
const patience = { testTimeout: 30_000, hookTimeout: 60_000 }

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          ...patience,
          maxConcurrency: 2,
          include: ['test/**/*.test.ts'],
          exclude: ['test/host/workers/**', 'test/deno/**', 'test/interop/**', 'test/browser/**'],
          pool: 'threads',
        },
      },
      {
        plugins: [cloudflareTest(worker({}))],
        test: {
          name: 'workers',
          ...patience,
          include: ['test/host/workers/**/*.test.ts'],
          exclude: ['test/host/workers/r2/**'],
        },
      },
      // With the bucket that wrangler.toml leaves to the operator.
      {
        plugins: [cloudflareTest(worker({ r2Buckets: ['BLOBS'] }))],
        test: {
          name: 'workers-r2',
          ...patience,
          include: ['test/host/workers/r2/**/*.test.ts'],
        },
      },
      {
        test: {
          name: 'interop',
          include: ['test/interop/**/*.test.ts'],
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
