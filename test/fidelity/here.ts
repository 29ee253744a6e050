import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** This folder. The bundle that `run.mjs` makes is told where it came from. */
export const HERE = dirname(fileURLToPath(import.meta.url))
