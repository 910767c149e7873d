/**
 * The one gate, `npm test`: format, lint, import table, RFC index, types, all tests on Node, in workerd and on Deno,
 * and a dry run of the deployment. Stops at the first failing step; `npm test -- NAME…` runs only the named steps.
 */
import { spawn } from 'node:child_process'
import { delimiter, join, resolve } from 'node:path'
import { performance } from 'node:perf_hooks'

const root = resolve(import.meta.dirname, '..')
const deno = join(root, 'node_modules', '.bin', 'deno')

const steps: Readonly<Record<string, readonly string[]>> = {
  format: ['oxfmt', '--check', '.'],
  lint: ['oxlint', '--type-aware', '--deny-warnings'],
  imports: ['node', 'scripts/check-imports.ts'],
  rfc: ['node', 'scripts/check-rfc-index.ts'],
  types: ['tsc', '--build'],
  unit: ['vitest', 'run', '--project', 'unit'],
  workers: ['vitest', 'run', '--project', 'workers', '--project', 'workers-r2'],
  interop: ['vitest', 'run', '--project', 'interop'],
  // vitest's worker threads use a part of node:worker_threads that Deno lacks; processes work.
  deno: [deno, 'run', '-A', 'node_modules/vitest/vitest.mjs', 'run', '--config', 'vitest.deno.config.ts'],
  deploy: ['wrangler', 'deploy', '--dry-run', '--outdir', 'dist/worker'],
}

/** wrangler and miniflare must not call home from a test. */
const environment = {
  ...process.env,
  PATH: `${join(root, 'node_modules', '.bin')}${delimiter}${process.env['PATH'] ?? ''}`,
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  WRANGLER_SEND_METRICS: 'false',
  CLOUDFLARE_TELEMETRY_DISABLED: '1',
  WRANGLER_SEND_ERROR_REPORTS: 'false',
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !(name in steps))
if (unknown.length > 0) {
  console.error(`There is no step ${unknown.join(', ')}; the steps are ${Object.keys(steps).join(', ')}.`)
  process.exit(2)
}
let passed = 0
for (const [name, command] of Object.entries(steps)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  const start = performance.now()
  console.log(`\n── ${name}`)
  const code = await run(command)
  console.log(
    `── ${name}: ${code === 0 ? 'passed' : `failed (${code})`} in ${((performance.now() - start) / 1000).toFixed(1)} s`,
  )
  if (code === 0) passed++
  else {
    console.log(`\nsteps: ${passed} passed, 1 failed`)
    process.exit(1)
  }
}
console.log(`\nsteps: ${passed} passed, 0 failed`)

function run([program = '', ...args]: readonly string[]): Promise<number> {
  return new Promise((resolveCode, reject) => {
    const child = spawn(program, args, { cwd: root, env: environment, stdio: 'inherit' })
    child.once('error', reject)
    child.once('exit', (code, signal) => resolveCode(code ?? (signal === null ? 1 : 128)))
  })
}
