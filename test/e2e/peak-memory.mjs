/** Loaded before the command: writes down its peak resident memory, KiB, when it ends. */

import { writeFileSync } from 'node:fs'

process.on('exit', () => writeFileSync(process.env.TIDEMARK_TEST_PEAK, String(process.resourceUsage().maxRSS)))
