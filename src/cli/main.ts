#!/usr/bin/env node
/** The `tidemark` command. */

import { EXIT_INTERRUPTED } from './failure.js'
import { runCli } from './program.js'
import { processTerminal } from './terminal.js'

process.exitCode = await runCli(process.argv.slice(2), processTerminal())
// Input that is still open would keep an interrupted process alive.
if (process.exitCode === EXIT_INTERRUPTED) process.exit()
