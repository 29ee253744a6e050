/**
 * `npm test [-- FILTER…]`: installs what is missing, builds the command that the end-to-end tests run, runs the tests, and
 * ends with a line that says how many passed and failed.
 */

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build, install, root } from './project.mjs'

install()
build()

const scratch = mkdtempSync(join(tmpdir(), 'tidemark-test-'))
const report = join(scratch, 'report.json')
const { status } = spawnSync(
  process.execPath,
  [
    join('node_modules', 'vitest', 'vitest.mjs'),
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: 'inherit' },
)

/** A file that could not even be loaded has no tests that could fail; it counts as one. */
function counts() {
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(
    readFileSync(report, 'utf8'),
  )
  const unloaded = testResults.filter((f) => f.status === 'failed' && f.assertionResults.length === 0).length
  return { passed: numPassedTests, failed: numFailedTests + unloaded, skipped: numPendingTests + numTodoTests }
}

try {
  const { passed, failed, skipped } = counts()
  if (skipped > 0) console.log(`${skipped} skipped`)
  console.log(`${passed} passed, ${failed} failed`)
} catch (error) {
  console.error(`vitest left no report: ${error.message}`)
  process.exitCode = 1
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
process.exitCode ||= status ?? 1
