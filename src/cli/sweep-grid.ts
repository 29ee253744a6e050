/** The settings of a sweep: every combination of the values that `--vary` names. */

import { UsageError } from '../base/errors.js'
import { resolveMachine } from '../machine/resolve.js'

/** Runs of one sweep; more is a slip of the hand. */
const MOST_POINTS = 10_000

export interface Axis {
  /** Sysctl. */
  name: string
  values: string[]
}

/** Parses one `--vary NAME=V1,V2,…` and adds it. @throws UsageError */
export function collectAxes(text: string, sofar: Axis[] = []): Axis[] {
  const at = text.indexOf('=')
  const name = text.slice(0, at).trim()
  const values = text
    .slice(at + 1)
    .split(',')
    .map((value) => value.trim())
  if (at < 1 || name === '' || values.includes('')) {
    throw new UsageError(`--vary ${text}: expected NAME=VALUE,VALUE,…`, '--vary vm.swappiness=0,60,100')
  }
  if (sofar.some((axis) => axis.name === name)) throw new UsageError(`--vary ${name} is given twice`)
  const twice = values.find((value, i) => values.indexOf(value) !== i)
  if (twice !== undefined) throw new UsageError(`--vary ${text}: ${twice} is given twice`)
  return [...sofar, { name, values }]
}

/**
 * All combinations, the last axis changing fastest, each on top of what `--set` says.
 * @throws UsageError for a setting that is unknown, out of range or also set, before anything is replayed
 */
export function grid(axes: readonly Axis[], set: Record<string, string>): Record<string, string>[] {
  const both = axes.find(({ name }) => name in set)
  if (both !== undefined) throw new UsageError(`${both.name} is both in --vary and in --set`)
  const count = axes.reduce((n, { values }) => n * values.length, 1)
  if (count > MOST_POINTS) throw new UsageError(`--vary asks for ${count} runs, more than ${MOST_POINTS}`)
  let points: Record<string, string>[] = [{}]
  for (const { name, values } of axes) {
    points = points.flatMap((point) => values.map((value) => ({ ...point, [name]: value })))
  }
  // Any machine does: only names and values are looked at here.
  for (const { name, values } of axes) {
    for (const value of values) resolveMachine({ options: { memory: '16G', swap: '16G' }, set: { [name]: value } })
  }
  return points.map((point) => ({ ...set, ...point }))
}
