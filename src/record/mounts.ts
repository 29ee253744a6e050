/** What is mounted where (proc_pid_mountinfo(5)). */

import type { HostFiles } from './host-files.js'

export interface Mount {
  /** `major:minor` of the device; major 0 where there is none behind it. */
  readonly device: string
  readonly point: string
  readonly type: string
  readonly source: string
}

/** Mounts in the order of the file. Process 1 is asked where a copy of /proc has no `self`. */
export function mounts(host: HostFiles): Mount[] {
  const text = host.text('/proc/self/mountinfo') ?? host.text('/proc/1/mountinfo') ?? ''
  const found: Mount[] = []
  for (const line of text.split('\n')) {
    const m = /^\d+ \d+ (\d+:\d+) \S+ (\S+) .* - (\S+) (\S+)/.exec(line)
    if (m !== null) found.push({ device: m[1], point: unescaped(m[2]), type: m[3], source: unescaped(m[4]) })
  }
  return found
}

/** The mount that holds `path`: the longest that is a part of it, and of those the last, which covers the others. */
export function mountOf(path: string, all: readonly Mount[]): Mount | undefined {
  let best: Mount | undefined
  for (const mount of all) {
    const inside = mount.point === '/' || path === mount.point || path.startsWith(`${mount.point}/`)
    if (inside && (best === undefined || mount.point.length >= best.point.length)) best = mount
  }
  return best
}

/** Blanks and backslashes are written as octal numbers. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}
