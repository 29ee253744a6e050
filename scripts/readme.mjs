/**
 * `npm run readme`: runs the commands that stand in the README's console blocks and writes what they print below them.
 * With --check nothing is written; it fails when a command fails. Models get better, so numbers may differ.
 *
 * A block is run in order, all of them in one empty folder that sees the project's traces/. A line `… (n more lines)`
 * stands for what a block leaves out: a comment `<!-- lines: 12 -->` before it says how many it shows.
 */

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './project.mjs'

const BLOCK = /(?:<!-- lines: (?<lines>\d+) -->\n)?```console\n(?<body>[\s\S]*?)```/g
const file = join(root, 'README.md')
const folder = mkdtempSync(join(tmpdir(), 'tidemark-readme-'))
const define = `tidemark() { "${process.execPath}" "${join(root, 'dist', 'cli.js')}" "$@"; }`

function output(command) {
  const { status, stdout, stderr } = spawnSync('bash', ['-c', `${define}\n${command}`], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  })
  if (status === 0) return stdout + stderr
  console.error(`$ ${command}\n${stderr}exit status ${status}`)
  process.exitCode = 1
  return stdout + stderr
}

function shortened(text, most) {
  const lines = text
    .replace(/[ \t]+$/gm, '')
    .trimEnd()
    .split('\n')
  if (lines.length <= most) return lines.join('\n')
  return [...lines.slice(0, most), `… (${lines.length - most} more lines)`].join('\n')
}

/** A block with the output of its commands; a command goes on in the next line after a backslash. */
function filled(whole, { lines, body }) {
  const commands = body.match(/^\$ (?:.*\\\n)*.*$/gm) ?? []
  if (commands.length === 0) return whole
  const parts = commands.map((command) => {
    const text = shortened(output(command.slice(2)), lines === undefined ? 100 : Number(lines))
    return text === '' ? command : `${command}\n${text}`
  })
  const head = lines === undefined ? '' : `<!-- lines: ${lines} -->\n`
  return `${head}\`\`\`console\n${parts.join('\n\n')}\n\`\`\``
}

try {
  symlinkSync(join(root, 'traces'), join(folder, 'traces'))
  const before = readFileSync(file, 'utf8')
  const after = before.replace(BLOCK, (whole, ...rest) => filled(whole, rest.at(-1)))
  if (!process.argv.includes('--check') && after !== before) writeFileSync(file, after)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
