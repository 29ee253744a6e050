/** Options that several commands take. */

import { Argument, type Command, InvalidArgumentError, Option } from 'commander'
import { UsageError } from '../base/errors.js'
import type { MachineOptions } from '../machine/from-options.js'

/** Database that commands use when none is named. */
export const DEFAULT_DB = 'tidemark.db'

export function dbOption(about = 'results database'): Option {
  return new Option('--db <file>', about).default(DEFAULT_DB)
}

/** Options that describe a machine, as commander hands them over. */
export interface MachineFlags extends MachineOptions {
  machine?: string
  set?: Record<string, string>
}

/** Adds the options that describe a machine and its settings. */
export function addMachineOptions(command: Command): Command {
  return command
    .option(
      '--machine <path>',
      'machine.json, a recording of tidemark record, a folder with machine.json, or one with copies of /proc',
    )
    .option('--memory <size>', 'memory of the machine where nothing else states it: 512M, 16G')
    .option('--swap <size>', 'swap where nothing else states it: 4G')
    .option('--nodes <n>', 'NUMA nodes, with --memory')
    .option('--cpus <n>', 'CPUs, with --memory')
    .option('--set <name=value>', 'change a sysctl, over all else; may be given again', collectPairs('--set'))
}

/** Options that say how to read a recording. */
export interface InputFlags {
  interval?: number
  strict?: boolean
}

export function addInputOptions(command: Command): Command {
  return command
    .option('--interval <s>', 'seconds between the rows of a recording that has no times (vmstat)', intervalArgument)
    .option('--strict', 'take every problem of a recording for an error instead of repairing it')
}

/** Parses `NAME=VALUE`, again and again, into one object. */
export function collectPairs(option: string): (text: string, sofar?: Record<string, string>) => Record<string, string> {
  return (text, sofar) => {
    const at = text.indexOf('=')
    if (at < 1) throw new UsageError(`${option} ${text}: expected NAME=VALUE`)
    return { ...sofar, [text.slice(0, at).trim()]: text.slice(at + 1).trim() }
  }
}

/** A number of seconds of at least 0. */
export function secondsArgument(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) {
    throw new InvalidArgumentError('expected seconds, 0 or more.')
  }
  return value
}

/** A whole number of at least 0. */
export function countArgument(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('expected a whole number, 0 or more.')
  return Number(text)
}

function intervalArgument(text: string): number {
  const value = secondsArgument(text)
  if (value === 0) throw new InvalidArgumentError('expected more than 0 seconds.')
  return value
}

/** A run's id. */
export function runArgument(text: string): string {
  if (!/^\d+$/.test(text) && text !== 'latest') throw new InvalidArgumentError("expected a run's id or latest.")
  return text
}

export function formatOption<F extends string>(formats: readonly F[], preset: F): Option {
  return new Option('--format <format>', 'how to print the result').choices(formats).default(preset)
}

/** An argument that may be given several times. */
export function filesArgument(name: string, about: string): Argument {
  return new Argument(`<${name}...>`, about)
}

/** A block at the end of a command's help. */
export function examples(command: Command, ...lines: string[]): Command {
  return command.addHelpText('after', `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`)
}
