/**
 * The machine file: `machine.json` as a recording holds it, or a short one written by hand.
 *
 * Everything but the zones, or else a memory size (`settings.memory_mb`, `memory_mb` or `meminfo.MemTotal`), may be
 * missing; what a file holds beyond the fields read here is ignored.
 */
import { readFileSync } from 'node:fs'
import { InputError } from '../base/errors.js'
import { ZONE_NAMES } from '../mm/config.js'
import { Fields } from './json-fields.js'
import type { MachineCosts, MachineDescription, MachineProcess, MachineSwap, MachineZone } from './machine.js'
import { definedFields } from './overlay.js'
import { parseProcSwaps } from './proc-swaps.js'
import { readSettings } from './settings-fields.js'

const ZONES: readonly string[] = ZONE_NAMES

function zone(f: Fields): MachineZone {
  const name = f.string('zone')
  if (name === undefined || !ZONES.includes(name)) f.fail('zone', ZONES.join(', '))
  return {
    node: f.integer('node') ?? 0,
    zone: name,
    managed: f.integer('managed') ?? f.fail('managed', 'the managed pages of the zone'),
    present: f.integer('present'),
    free: f.integer('free'),
    min: f.integer('min'),
    low: f.integer('low'),
    high: f.integer('high'),
    boost: f.integer('boost'),
    protection: f.integers('protection'),
    // Counters kept per CPU may read slightly below zero.
    counters: f.counts('counters', Number.MIN_SAFE_INTEGER),
    pagesets: f.children('pagesets')?.map((p) => ({
      cpu: p.integer('cpu') ?? 0,
      count: p.integer('count') ?? 0,
      high: p.integer('high') ?? 0,
      batch: p.integer('batch') ?? 1,
    })),
  }
}

/** `zones`, each of them once. */
function zones(f: Fields): MachineZone[] | undefined {
  const fields = f.children('zones')
  const seen = new Set<string>()
  return fields?.map((z) => {
    const read = zone(z)
    const name = `${read.node} ${read.zone}`
    if (seen.has(name)) z.fail('zone', 'each zone of a node once')
    seen.add(name)
    return read
  })
}

/** `swaps`: the text of /proc/swaps, or a list of `{pages | size_kb, priority}`. */
function swaps(f: Fields): MachineSwap[] | undefined {
  if (!f.has('swaps')) return undefined
  if (typeof f.object.swaps === 'string') return parseProcSwaps(f.object.swaps, `${f.file} (${f.at('swaps')})`)
  return f.children('swaps')?.map((s, i) => {
    const kb = s.integer('size_kb')
    const pages = s.integer('pages') ?? (kb === undefined ? undefined : Math.floor(kb / 4))
    return {
      name: s.string('name'),
      pages: pages ?? s.fail('pages', 'pages or size_kb'),
      priority: s.integer('priority', -32768) ?? -2 - i,
    }
  })
}

function numbers<K extends string>(f: Fields | undefined, keys: readonly K[]): Partial<Record<K, number>> | undefined {
  return f && (Object.fromEntries(keys.map((k) => [k, f.number(k)])) as Partial<Record<K, number>>)
}

const COSTS = ['touch', 'minor_fault', 'read_page', 'write_page', 'scan_page', 'kswapd_wakeup', 'io_latency'] as const
const PROCESS = ['anon_pages', 'file_pages', 'shmem_pages', 'spawn_minor_faults', 'kernel_stack_pages'] as const

/**
 * Reads a parsed machine file.
 *
 * @param source path as the user gave it
 * @throws InputError naming file and field for a wrong type
 */
export function machineFromJson(document: unknown, source: string): MachineDescription {
  const top = Fields.of(source, document)
  const settings = top.child('settings')
  const costsUs: MachineCosts | undefined = numbers(top.child('costs_us'), COSTS)
  const process: MachineProcess | undefined = numbers(top.child('process'), PROCESS)
  const stated: MachineDescription = {
    // `sysctl` of the document is what was in force; the same name in `settings` is what the scenario had asked for.
    ...readSettings(top),
    source,
    kernel: top.string('kernel'),
    meminfo: top.counts('meminfo'),
    swaps: swaps(top),
    sysfs: top.strings('sysfs'),
    zones: zones(top),
    memoryRecursiveprot: top.boolean('memory_recursiveprot'),
    backgroundWriteKbps: top.number('background_write_kbps') ?? recorderKbps(top, settings),
    costsUs,
    process,
  }
  return settings ? below(stated, readSettings(settings)) : stated
}

/**
 * What the recorder wrote by direct I/O while it recorded: `agent.output_bytes_written` over the time it ran, from
 * `settle` seconds before the trace to `post` seconds after its end.
 */
function recorderKbps(top: Fields, settings: Fields | undefined): number | undefined {
  const agent = top.child('agent')
  const bytes = agent?.number('output_bytes_written')
  const log = agent?.object.log
  if (bytes === undefined || !Array.isArray(log)) return undefined
  const end = log.map((line) => /^trace_end ([0-9.]+)$/.exec(String(line))?.[1]).find((t) => t !== undefined)
  if (end === undefined) return undefined
  const seconds = Number(end) + (settings?.number('settle') ?? 0) + (settings?.number('post') ?? 0)
  return seconds > 0 ? bytes / 1024 / seconds : undefined
}

/** What the document leaves open comes from its `settings`. */
function below(stated: MachineDescription, settings: Omit<MachineDescription, 'source'>): MachineDescription {
  const sysctl = settings.sysctl || stated.sysctl ? { ...settings.sysctl, ...stated.sysctl } : undefined
  return { ...settings, ...definedFields(stated), source: stated.source, sysctl }
}

/** Reads a machine file from disk. */
export function readMachineJson(path: string): MachineDescription {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (e) {
    throw new InputError(`cannot be read: ${(e as Error).message}`, { file: path, code: 'TM_INPUT_UNREADABLE' })
  }
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (e) {
    const hint = 'a machine file is machine.json of a recording, or a short one such as {"memory_mb": 4096}'
    throw new InputError(`not JSON: ${(e as Error).message}`, { file: path, code: 'TM_MACHINE', hint })
  }
  return machineFromJson(document, path)
}
