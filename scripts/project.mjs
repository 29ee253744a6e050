/** What the project's scripts share: where it is, how programs are run, and that its dependencies are there. */

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

function packageJson(folder) {
  const file = join(folder, 'package.json')
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
}

/** Whether every dependency lies in node_modules in the version that package.json pins. */
function installed() {
  const { dependencies, devDependencies } = packageJson(root)
  return Object.entries({ ...dependencies, ...devDependencies }).every(
    ([name, version]) => packageJson(join(root, 'node_modules', name))?.version === version,
  )
}

/** Runs a program in the project's folder, its output with ours; ends this process when it fails. */
export function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options })
  if (status === 0) return
  if (error) console.error(`${command}: ${error.message}`)
  process.exit(status ?? 1)
}

/** `npm ci` where dependencies are missing. */
export function install() {
  if (installed()) return
  console.error('installing dependencies')
  // Some hosts run npm as a script of the shell.
  run('npm', ['ci', '--no-audit', '--no-fund'], { shell: process.platform === 'win32' })
}

/** Bundles the command and the library into dist/. */
export function build({ types = true } = {}) {
  const args = [join('node_modules', 'tsup', 'dist', 'cli-default.js'), '--silent']
  run(process.execPath, types ? args : [...args, '--no-dts'])
}
