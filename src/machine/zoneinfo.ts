/** /proc/zoneinfo, in the layouts of Linux 3.10 to current ones; see proc(5) and mm/vmstat.c. */
import { InputError } from '../base/errors.js'
import { ZONE_NAMES } from '../mm/config.js'
import type { MachineZone } from './machine.js'

const ZONES: readonly string[] = ZONE_NAMES
const HEADER = /^Node (\d+), zone\s+(\S+)/
const SIZE = /^\s+(?:pages )?(free|boost|min|low|high|present|managed)\s+(\d+)$/
const PROTECTION = /^\s+protection: \(([\d, ]*)\)$/
const COUNTER = /^\s+([a-z]\w*)\s+(-?\d+)$/
const CPU = /^\s+cpu: (\d+)$/
const PAGESET = /^\s+(count|high|batch):\s+(\d+)$/
/** Sizes of newer and older kernels that would else be taken for counters. */
const NOT_COUNTERS = new Set(['spanned', 'promo', 'cma', 'scanned'])

type Pageset = NonNullable<MachineZone['pagesets']>[number]

/**
 * Reads the text of /proc/zoneinfo. Node counters (`per-node stats`) stand in the node's first zone, as in the file.
 *
 * @throws InputError when there is no zone in it, or a zone states no size
 */
export function parseZoneinfo(text: string, file: string): MachineZone[] {
  const zones: MachineZone[] = []
  let zone: MachineZone | undefined
  let pageset: Pageset | undefined
  const lines = text.split(/\r?\n/)
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]
    const header = HEADER.exec(line)
    if (header) {
      zone = { node: Number(header[1]), zone: header[2], managed: -1, counters: {}, pagesets: [] }
      zones.push(zone)
      pageset = undefined
      continue
    }
    if (line.trim() === '') continue
    if (!zone) {
      throw new InputError('not a copy of /proc/zoneinfo', {
        file,
        line: i + 1,
        expected: 'Node 0, zone …',
        found: line,
        code: 'TM_MACHINE',
      })
    }
    pageset = readLine(line, zone, pageset)
  }
  if (zones.length === 0)
    throw new InputError('no zone in it', { file, expected: 'Node 0, zone …', code: 'TM_MACHINE' })
  for (const z of zones) settle(z, file)
  return zones
}

/** Takes one line into the zone; returns the per-CPU list that the next lines belong to. */
function readLine(line: string, zone: MachineZone, pageset: Pageset | undefined): Pageset | undefined {
  const cpu = CPU.exec(line)
  if (cpu) {
    const next = { cpu: Number(cpu[1]), count: 0, high: 0, batch: 1 }
    zone.pagesets?.push(next)
    return next
  }
  const set = PAGESET.exec(line)
  if (set) {
    if (pageset) pageset[set[1] as 'count' | 'high' | 'batch'] = Number(set[2])
    return pageset
  }
  const size = SIZE.exec(line)
  if (size) {
    zone[size[1] as 'free' | 'boost' | 'min' | 'low' | 'high' | 'present' | 'managed'] = Number(size[2])
    return pageset
  }
  const protection = PROTECTION.exec(line)
  if (protection) {
    zone.protection = protection[1].split(',').map(Number)
    return pageset
  }
  const counter = COUNTER.exec(line)
  if (counter && zone.counters && !NOT_COUNTERS.has(counter[1])) zone.counters[counter[1]] = Number(counter[2])
  return pageset
}

function settle(z: MachineZone, file: string): void {
  if (!ZONES.includes(z.zone)) {
    const expected = `one of ${ZONES.join(', ')}`
    throw new InputError(`zone of a machine that is not modelled`, {
      file,
      expected,
      found: z.zone,
      code: 'TM_MACHINE',
    })
  }
  // `managed` is not printed before 3.9, and an empty zone prints no sizes at all on some kernels.
  if (z.managed >= 0) return
  z.managed = z.present ?? 0
  if (z.present === undefined && (z.pagesets?.length ?? 0) > 0) {
    throw new InputError(`zone ${z.zone} of node ${z.node} states no size`, {
      file,
      expected: 'present and managed pages',
      code: 'TM_MACHINE',
    })
  }
}
