/** `--sample auto|1/64|off` */

import { InvalidArgumentError } from 'commander'
import { MOST_EVERY, type SampleChoice } from '../replay/sampling/rate.js'

/** Reads what stands behind `--sample`. */
export function sampleArgument(text: string): SampleChoice {
  if (text === 'auto') return 'auto'
  if (text === 'off') return 1
  const every = /^1\/(\d+)$/.exec(text)?.[1]
  if (every === undefined) throw new InvalidArgumentError('expected auto, off, or a rate like 1/64.')
  const n = Number(every)
  if (n < 1 || n > MOST_EVERY || !Number.isInteger(Math.log2(n))) {
    throw new InvalidArgumentError(`expected a power of two, 1/1 to 1/${MOST_EVERY}.`)
  }
  return n
}
