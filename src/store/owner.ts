import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** A process that writes a run, described so that another one can tell later whether it still lives. */
export interface Owner {
  pid: number
  /** Clock ticks since boot when the process started, '' where the system does not say. Tells a reused pid apart. */
  pidStart: string
  /** Boot id and pid namespace, '' where the system does not say. A pid means something only within these. */
  system: string
  host: string
}

/** A writer in another pid namespace cannot be seen; it counts as gone when it has stored nothing for this long, ms. */
const UNSEEN_TIMEOUT_MS = 3_600_000

function readOr(path: string, fallback: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return fallback
  }
}

function systemId(): string {
  const boot = readOr('/proc/sys/kernel/random/boot_id', '')
  if (boot === '') return ''
  try {
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return boot
  }
}

/** State letter and start time of a process by /proc/PID/stat; undefined when there is no such process. */
function processStat(pid: number): { state: string; start: string } | undefined {
  const text = readOr(`/proc/${pid}/stat`, '')
  // The name stands in parentheses and may hold blanks and parentheses itself.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  if (text === '' || fields.length < 20) return undefined
  return { state: fields[0], start: fields[19] }
}

/** The process that runs this code. */
export function thisProcess(): Owner {
  const system = systemId()
  return {
    pid: process.pid,
    pidStart: system === '' ? '' : (processStat(process.pid)?.start ?? ''),
    system,
    host: hostname(),
  }
}

/**
 * Whether the writer of a run is still there.
 * @param touchedAt when it last stored something, ISO 8601
 */
export function isAlive(owner: Owner, touchedAt: string, now = Date.now()): boolean {
  const here = systemId()
  if (owner.system === here) {
    if (here === '') return answersSignals(owner.pid)
    const stat = processStat(owner.pid)
    return stat !== undefined && stat.state !== 'Z' && stat.state !== 'X' && stat.start === owner.pidStart
  }
  // Write-ahead logging needs shared memory: a writer of another boot cannot be using this file any more.
  if (owner.system.split(' ')[0] !== here.split(' ')[0]) return false
  return now - Date.parse(touchedAt) < UNSEEN_TIMEOUT_MS
}

function answersSignals(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
