// Bundles a program of this folder (they are TypeScript) and runs it: npm run bench [-- --help], npm run sampling-error
import { spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'tsup'

// A folder of its own, since two runs may be on at once; within node_modules, where the dependencies are found.
const out = fileURLToPath(new URL(`../node_modules/.cache/tidemark-bench-${process.pid}/`, import.meta.url))
const [program = 'main', ...rest] = process.argv.slice(2)
try {
  await build({
    entry: {
      [program]: fileURLToPath(new URL(`./${program}.ts`, import.meta.url)),
      'sweep-worker': fileURLToPath(new URL('../src/cli/sweep-worker.ts', import.meta.url)),
    },
    outDir: out,
    config: false,
    format: ['esm'],
    target: 'node20',
    silent: true,
    // As the program itself is built: see tsup.config.ts.
    esbuildOptions(options) {
      options.minifySyntax = true
    },
    outExtension: () => ({ js: '.mjs' }),
    // The bundle lies elsewhere than its sources.
    define: { 'process.env.TIDEMARK_BENCH_FOLDER': JSON.stringify(fileURLToPath(new URL('.', import.meta.url))) },
  })
  // The threads of a sweep look for their program beside it. Outside of a package a .js file is no module.
  writeFileSync(`${out}sweep-worker.js`, "import('./sweep-worker.mjs')\n")
  const args = [`${out}${program}.mjs`, ...rest]
  process.exitCode = spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1
} finally {
  rmSync(out, { recursive: true, force: true })
}
