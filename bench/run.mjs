// Bundles main.ts (the sources are TypeScript) and runs it: npm run bench [-- --help]
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { build } from 'tsup'

const out = new URL('../node_modules/.cache/tidemark-bench/', import.meta.url)
await build({
  entry: [fileURLToPath(new URL('./main.ts', import.meta.url))],
  outDir: fileURLToPath(out),
  config: false,
  format: ['esm'],
  target: 'node20',
  sourcemap: 'inline',
  silent: true,
  outExtension: () => ({ js: '.mjs' }),
  // The bundle lies elsewhere than its sources.
  define: { 'process.env.TIDEMARK_BENCH_FOLDER': JSON.stringify(fileURLToPath(new URL('.', import.meta.url))) },
})
const main = fileURLToPath(new URL('main.mjs', out))
process.exitCode = spawnSync(process.execPath, [main, ...process.argv.slice(2)], { stdio: 'inherit' }).status ?? 1
