import { defineConfig } from 'tsup'

export default defineConfig({
  entry: { index: 'src/index.ts', cli: 'src/cli/main.ts', 'sweep-worker': 'src/cli/sweep-worker.ts' },
  format: ['esm'],
  target: 'node20',
  platform: 'node',
  dts: { entry: { index: 'src/index.ts' } },
  splitting: true,
  sourcemap: true,
  clean: true,
  esbuildOptions(options) {
    // Puts the values of constants where they are used. Without it V8 has to load and check each of them at every use.
    options.minifySyntax = true
  },
})
