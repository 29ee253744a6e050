import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { EXIT } from '../../src/base/errors.js'
import { buildProgram } from '../../src/cli/program.js'
import { OP_NAMES } from '../../src/trace/events.js'
import { FakeTerminal } from '../cli/terminal.js'
import { repository } from './cli.js'

describe('the README', () => {
  const text = readFileSync(join(repository, 'README.md'), 'utf8')

  it('shows commands that work', () => {
    const options = { cwd: repository, encoding: 'utf8' } as const
    expect(() => execFileSync(process.execPath, ['scripts/readme.mjs', '--check'], options)).not.toThrow()
  })

  it('links to files that exist', () => {
    const links = [...text.matchAll(/\]\(([^)#]+)\)/g)].map((m) => m[1]).filter((link) => !/^\w+:/.test(link))
    expect(links.length).toBeGreaterThan(0)
    for (const link of links)
      expect({ link, exists: existsSync(join(repository, link)) }).toEqual({ link, exists: true })
  })

  it('describes every command, event and exit status', () => {
    for (const command of buildProgram(new FakeTerminal()).program.commands) {
      expect(text).toContain(`\`tidemark ${command.name()}`)
    }
    for (const op of OP_NAMES) expect(text).toMatch(new RegExp(`^\\| .*\`${op}\``, 'm'))
    for (const status of Object.values(EXIT)) expect(text).toMatch(new RegExp(`^\\| ${status} \\|`, 'm'))
  })
})
