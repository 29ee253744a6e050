import { describe, expect, it } from 'vitest'
import { buildProgram } from '../../src/cli/program.js'
import { cli, FakeTerminal } from './terminal.js'

const names = buildProgram(new FakeTerminal()).program.commands.map((c) => c.name())

describe('the program', () => {
  it('shows its help without a command, and on request', async () => {
    const bare = await cli()
    expect(bare.status).toBe(0)
    expect((await cli('--help')).out).toBe(bare.out)
    for (const name of names) expect(bare.out).toMatch(new RegExp(`^  ${name} `, 'm'))
    expect(bare.out).toContain('Exit status')
  })

  it('says its version', async () => {
    expect(await cli('--version')).toMatchObject({ status: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) })
  })

  it.each(names)('has help with examples for %s', async (name) => {
    const { status, out, notes } = await cli(name, '--help')
    expect({ status, notes }).toEqual({ status: 0, notes: '' })
    expect(out).toContain(`Usage: tidemark ${name}`)
    expect(out).toMatch(/\nExamples:\n {2}.*tidemark/)
    expect((await cli('help', name)).out).toBe(out)
  })

  it.each(names)('documents every option of %s', async (name) => {
    const command = buildProgram(new FakeTerminal()).program.commands.find((c) => c.name() === name)!
    for (const option of command.options) expect(option.description).not.toBe('')
    for (const line of (await cli(name, '--help')).out.split('\n')) expect(line.length).toBeLessThanOrEqual(110)
  })

  it.each(names)('refuses options that %s does not have', async (name) => {
    const { status, out, notes } = await cli(name, '--no-such-option')
    expect({ status, out }).toEqual({ status: 2, out: '' })
    expect(notes).toMatch(/^error TM_USAGE: unknown option '--no-such-option'/)
  })

  it('proposes the command that was meant', async () => {
    expect((await cli('qurey')).notes).toContain('Did you mean query?')
  })
})

describe('small commands', () => {
  it('lists the formats', async () => {
    const { out } = await cli('formats', '--format', 'json')
    const formats = JSON.parse(out)
    expect(formats.map((f: { name: string }) => f.name)).toContain('sar-text')
    for (const f of formats) expect(f.what).not.toBe('')
  })

  it('lists the queries without a database', async () => {
    const { out } = await cli('query', '--list', '--format', 'ndjson', '--db', '/does/not/exist.db')
    const queries = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(queries.find((q) => q.name === 'stalls').parameters).toContain('run=latest')
  })

  it('tells what a query answers', async () => {
    expect((await cli('query', '--about', 'stalls')).out).toMatch(/answers +Which processes/)
    expect((await cli('query', '--about', 'select 1')).status).toBe(2)
  })

  it('prints watermarks as text and JSON', async () => {
    const args = ['watermarks', '--memory', '64G', '--set', 'vm.min_free_kbytes=131072']
    expect((await cli(...args)).out).toContain('vm.min_free_kbytes 131072 (as set)')
    const result = JSON.parse((await cli(...args, '--format', 'json')).out)
    expect(result.min_free_kbytes).toBe(131072)
    const mins = result.zones.reduce((sum: number, z: { min: number }) => sum + z.min, 0)
    expect(mins).toBeLessThanOrEqual(32768)
    expect(mins).toBeGreaterThan(32768 - 4)
  })
})
