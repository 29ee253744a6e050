/**
 * The short form of a machine: `settings` of machine.json, the top level of a hand-written file and the `machine` object
 * of a trace header share these fields.
 */
import type { Fields } from './json-fields.js'
import type { MachineDescription, MachineDisk } from './machine.js'

const THP_MODES = ['always', 'madvise', 'never']

function disk(f: Fields | undefined): MachineDisk | undefined {
  return f && { iops: f.number('iops'), bps: f.number('bps'), burst_us: f.number('burst_us') }
}

/** Fields of the short form; those that are not stated stay undefined. */
export function readSettings(f: Fields): Omit<MachineDescription, 'source'> {
  const memoryMb = f.number('memory_mb', 1)
  const swapMb = f.number('swap_mb')
  const thp = f.string('thp')
  if (thp !== undefined && !THP_MODES.includes(thp)) f.fail('thp', THP_MODES.join(', '))
  return {
    memoryKb: memoryMb === undefined ? undefined : Math.floor(memoryMb * 1024),
    swapKb: swapMb === undefined ? undefined : Math.floor(swapMb * 1024),
    cpus: f.integer('cpus', 1),
    nodes: f.integer('nodes', 1),
    sysctl: f.strings('sysctl'),
    files: f.counts('files'),
    lruGen: f.boolean('lru_gen'),
    thp,
    faultAroundBytes: f.integer('fault_around_bytes'),
    disk: disk(f.child('disk')),
    swapDisk: disk(f.child('swap_disk')),
    sample: f.number('sample'),
  }
}
