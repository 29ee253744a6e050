// Bundles main.ts (the sources are TypeScript) and runs it.
import { fileURLToPath } from 'node:url'
import { build } from 'tsup'

const main = new URL('./main.ts', import.meta.url)
const out = new URL('../../node_modules/.cache/tidemark-fidelity/', import.meta.url)
await build({
  entry: [fileURLToPath(main)],
  outDir: fileURLToPath(out),
  config: false,
  format: ['esm'],
  target: 'node20',
  silent: true,
  outExtension: () => ({ js: '.mjs' }),
  define: { 'import.meta.url': JSON.stringify(main.href) },
})
await import(new URL('main.mjs', out).href)
