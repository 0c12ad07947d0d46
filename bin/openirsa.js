#!/usr/bin/env node
// The program's door. It is plain JavaScript that any Node reads: where the Node that started it is older than the project's
// own (installed by npm beside it), it hands over to that one.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import module from 'node:module'
import { fileURLToPath } from 'node:url'

const OLDEST_NODE_MAJOR = 24
const FORWARDED_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']

if (Number(process.versions.node.split('.')[0]) >= OLDEST_NODE_MAJOR) {
  // Compiled code is kept beside the program, never in a folder that others may write to: half of the start's time.
  module.enableCompileCache?.(fileURLToPath(new URL('../build/compile-cache', import.meta.url)))
  // Whoever reads our output may have read enough, like "head".
  process.stdout.on('error', (error) => {
    if (error.code !== 'EPIPE') throw error
    process.exit()
  })
  const { main } = await import('../src/cli/main.ts')
  await main(process.argv.slice(2))
} else {
  handOver()
}

function handOver() {
  const name = process.platform === 'win32' ? 'node.cmd' : 'node'
  const ownNode = fileURLToPath(new URL(`../node_modules/.bin/${name}`, import.meta.url))
  if (!existsSync(ownNode)) {
    console.error(
      `openirsa needs Node ${OLDEST_NODE_MAJOR} or newer, and this is ${process.version}.\nRun "npm ci" in its folder: that installs the right Node beside it.`,
    )
    process.exit(1)
  }
  const child = spawn(ownNode, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of FORWARDED_SIGNALS) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 1))
}
