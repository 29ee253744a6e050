/** The options that replay and sweep share, and the requests that they make of them. */

import { type Command, Option } from 'commander'
import { type Cut, parseMoment } from '../ingest/series/cut.js'
import { loadMachine } from '../machine/load.js'
import type { SampleChoice } from '../replay/sampling/rate.js'
import {
  addInputOptions,
  addMachineOptions,
  countArgument,
  dbOption,
  type InputFlags,
  type MachineFlags,
  secondsArgument,
} from './options.js'
import { DEFAULT_SEED, DEFAULT_TRIALS, type ReplayRequest } from './replay-job.js'
import { sampleArgument } from './sample-option.js'

export interface ReplayFlags extends MachineFlags, InputFlags {
  db: string
  sampleInterval?: number
  settle?: number
  check?: boolean
  boost?: boolean
  sample: SampleChoice
  sampleSeed: number
  name?: string
  from?: string
  to?: string
  trials: number
}

export function addReplayOptions(command: Command): Command {
  command
    .addOption(dbOption('results database, made when it is not there'))
    .option('--sample-interval <s>', 'simulated seconds between samples, 0 for none', secondsArgument)
    .option('--settle <s>', 'seconds simulated after the last event', secondsArgument)
    .option('--check', "check the model's conservation laws at every sample")
    .option('--boost', 'allocation traces: approximate the watermark boosts that fragmentation causes')
    .addOption(
      new Option('--sample <rate>', 'replay one page in so many: auto, off, 1/2, 1/4, ... 1/65536')
        .argParser(sampleArgument)
        .default('auto'),
    )
    .option('--sample-seed <n>', 'another number replays other pages', countArgument, DEFAULT_SEED)
    .option('--name <name>', 'what the store calls the trace, instead of its path')
  return addInputOptions(addMachineOptions(command))
    .option('--from <time>', 'where in a recording to begin: 90, 15m, 2h, 14:30, "2024-05-31 14:30"')
    .option('--to <time>', 'where in a recording to end')
    .option(
      '--trials <n>',
      'most trial replays that settle what a recording leaves open',
      countArgument,
      DEFAULT_TRIALS,
    )
}

/**
 * Reads what the options name, once, and makes requests of them.
 * @returns a request for one trace, or the recordings of one host, under these values of `--set`
 * @throws UsageError, InputError where the machine file is broken
 */
export function requestsOf(
  flags: ReplayFlags,
): (files: readonly string[], set?: Record<string, string>) => ReplayRequest {
  const machine = flags.machine === undefined ? undefined : loadMachine(flags.machine)
  const where = cutOf(flags)
  return (files, set = flags.set ?? {}) => ({
    files,
    path: files.join(' '),
    name: flags.name,
    machine,
    options: { memory: flags.memory, swap: flags.swap, nodes: flags.nodes, cpus: flags.cpus },
    set,
    input: { interval: flags.interval, strict: flags.strict },
    ...where,
    trials: flags.trials,
    sampleSeconds: flags.sampleInterval,
    settleSeconds: flags.settle,
    check: flags.check === true,
    boost: flags.boost === true,
    sample: flags.sample,
    sampleSeed: flags.sampleSeed,
  })
}

/** The part of a recording that the user asked for, and how he wrote it. */
function cutOf({ from, to }: ReplayFlags): { cut: Cut; part: string } {
  const written = [from === undefined ? '' : `--from ${from}`, to === undefined ? '' : `--to ${to}`]
  return {
    cut: {
      from: from === undefined ? undefined : parseMoment(from, '--from'),
      to: to === undefined ? undefined : parseMoment(to, '--to'),
    },
    part: written.join(' ').trim(),
  }
}
