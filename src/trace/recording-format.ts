/**
 * The recording that `tidemark record` writes: NDJSON, appended line by line, so that it is valid whenever it ends.
 *
 * ```
 * {"recording":"tidemark/1","tool":…,"host":…,"boot_id":…,"epoch":…,"mono":…,"uptime":…,"interval":1,"page_size":4096,"machine":{…}}
 * {"n":0,"t":0.000021,"vmstat":{"nr_free_pages":81230,…},"meminfo":{"MemTotal":…},"pressure":{…},"zones":{…}}
 * {"n":1,"t":1.000213,"vmstat":[0,-31,102,4096],"meminfo":[1,-124]}
 * ```
 *
 * A header begins every session of the recorder; `--append` adds another one to the same file. Its machine is a
 * document as machine.json holds it. Then one line a sample. A group of values is an object, all its values by name; or
 * an array, `[index, change, index, change, …]` for the values that changed, counted from the group's last line, with
 * indexes in the order of its last object; or null where it has gone. What a line leaves out has not changed, or, for the
 * groups read at a slower pace, was not read. Every {@link WHOLE_EVERY} samples all groups are objects.
 *
 * Groups: `vmstat`, /proc/vmstat as the kernel prints it; `meminfo`, kB; `pressure`, microseconds stalled since boot;
 * `zones`, pages; `cgroup:PATH`, the files of cgroup v2 in their own units.
 */

/** Name and version of the format. */
export const RECORDING_FORMAT = 'tidemark/1'

/** How the first line of a recording of any version begins. */
export const RECORDING_START = /^\s*\{\s*"recording"\s*:\s*"tidemark\/\d+"/

/** A sample of which every group is written whole comes first and after this many samples. */
export const WHOLE_EVERY = 300

/** Keys of a sample line that are no groups. */
export const STAMP_KEYS: ReadonlySet<string> = new Set(['n', 't', 'e', 's'])

/** Prefix of a cgroup's group; the path of the cgroup follows. */
export const CGROUP_PREFIX = 'cgroup:'

/** A machine as machine.json holds it; see `src/machine/from-json.ts`. */
export type MachineDocument = Record<string, unknown>

/** The line that begins a session. */
export interface RecordingHeader {
  recording: string
  /** What wrote it, with its version. */
  tool: string
  host?: string
  /** /proc/sys/kernel/random/boot_id: another one means that the host was restarted. */
  boot_id?: string
  /** Seconds since 1970 at `t` 0. */
  epoch: number
  /** CLOCK_MONOTONIC at `t` 0, seconds: stands still while the host is suspended. */
  mono: number
  /** /proc/uptime at `t` 0, seconds: goes on while the host is suspended. */
  uptime?: number
  /** Seconds between samples as asked for. */
  interval: number
  /** Bytes. */
  page_size: number
  machine: MachineDocument
}

/** When a sample was taken. */
export interface SampleStamp {
  /** Number of the sample in its session, from 0: a missing one is a lost line. */
  n: number
  /** Seconds of CLOCK_MONOTONIC since the header, taken right before /proc/vmstat was read. */
  t: number
  /** Seconds since 1970; where everything is written whole, and where it is not the last one stated plus the time since. */
  e?: number
  /** Seconds that the host was suspended since the header; where everything is written whole, and where they have grown. */
  s?: number
}

/** A group as a line holds it. */
export type GroupValue = Record<string, number> | number[] | null
