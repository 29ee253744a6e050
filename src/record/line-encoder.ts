/** Samples as lines: whole now and then, otherwise only what changed. */

import type { SampleStamp } from '../trace/recording-format.js'
import type { Reading } from './sources.js'

interface Written {
  names: readonly string[]
  values: Float64Array
}

export class LineEncoder {
  private readonly groups = new Map<string, Written>()

  /**
   * One line, its line feed included.
   * @param readings by the key of the group; undefined for a group that is not there
   * @param whole writes every value, so that reading can begin here
   */
  line(stamp: SampleStamp, readings: ReadonlyMap<string, Reading | undefined>, whole: boolean): string {
    let line = JSON.stringify(stamp).slice(0, -1)
    for (const [key, reading] of readings) {
      const text = this.group(key, reading, whole)
      if (text !== '') line += `,${JSON.stringify(key)}:${text}`
    }
    return `${line}}\n`
  }

  /** A group's value as JSON; '' where nothing changed. */
  private group(key: string, reading: Reading | undefined, whole: boolean): string {
    const before = this.groups.get(key)
    if (reading === undefined) {
      this.groups.delete(key)
      return before === undefined ? '' : 'null'
    }
    const { names, values } = reading
    if (whole || before === undefined || before.names !== names) {
      this.groups.set(key, { names, values: Float64Array.from(values) })
      return `{${names.map((name, i) => `${JSON.stringify(name)}:${values[i]}`).join(',')}}`
    }
    let changes = ''
    const last = before.values
    for (let i = 0; i < names.length; i++) {
      const change = values[i] - last[i]
      if (change === 0) continue
      changes += `${changes === '' ? '' : ','}${i},${change}`
      last[i] = values[i]
    }
    return changes === '' ? '' : `[${changes}]`
  }
}
