/**
 * Which event has which fields, once for all written forms of an allocation trace: NDJSON, JSON document and CSV read
 * by this table, `convert` writes by it. The format is described in the README ("Allocation traces").
 */

import type { OpName } from '../../trace/events.js'

/** What a field holds. */
export type FieldType =
  /** Seconds since the start of the trace, not negative. */
  | 'seconds'
  /** An integer from 0 on. */
  | 'count'
  /** An integer from −1000 to 1000. */
  | 'adj'
  /** Text that is not empty. */
  | 'name'
  | 'boolean'
  /** An array of page numbers (CSV: separated by blanks in one cell). */
  | 'pages'
  /** Names to numbers or texts (CSV: JSON in a cell). */
  | 'settings'

export interface OpFields {
  readonly required: readonly string[]
  readonly optional: readonly string[]
  /** The pages it works on: `span` is `start` and `count`, `span-or-list` also allows a `pages` list instead. */
  readonly range?: 'span' | 'span-or-list'
}

/** Fields of each event besides `t` and `op`, in the order in which they are written. */
export const OP_FIELDS: Readonly<Record<OpName, OpFields>> = {
  cgroup: { required: ['cgroup'], optional: ['set'] },
  sysctl: { required: ['set'], optional: [] },
  spawn: { required: ['pid', 'comm'], optional: ['oom_score_adj', 'cgroup', 'cpu'] },
  exit: { required: ['pid'], optional: [] },
  mmap: { required: ['pid', 'region', 'kind', 'pages'], optional: ['file', 'readahead'] },
  munmap: { required: ['pid', 'region'], optional: [] },
  touch: { required: ['pid', 'region'], optional: ['write'], range: 'span-or-list' },
  read: { required: ['pid', 'file'], optional: ['readahead'], range: 'span-or-list' },
  write: { required: ['pid', 'file'], optional: ['readahead'], range: 'span-or-list' },
  madvise: { required: ['pid', 'region', 'advice'], optional: [], range: 'span' },
  mlock: { required: ['pid', 'region'], optional: [], range: 'span' },
  munlock: { required: ['pid', 'region'], optional: [], range: 'span' },
  fsync: { required: ['pid', 'file'], optional: [] },
}

/** Columns of the CSV form, in the order in which they are written; a reader goes by their names. */
export const CSV_COLUMNS = [
  't',
  'op',
  'pid',
  'region',
  'file',
  'start',
  'count',
  'pages',
  'write',
  'readahead',
  'kind',
  'advice',
  'comm',
  'oom_score_adj',
  'cgroup',
  'cpu',
  'set',
] as const

/** Type of a field of `op`; `pages` is the size of a mapping in `mmap` and a list elsewhere. */
export function fieldType(op: OpName, field: string): FieldType {
  switch (field) {
    case 't':
      return 'seconds'
    case 'pid':
    case 'start':
    case 'count':
    case 'cpu':
      return 'count'
    case 'pages':
      return op === 'mmap' ? 'count' : 'pages'
    case 'oom_score_adj':
      return 'adj'
    case 'write':
    case 'readahead':
      return 'boolean'
    case 'set':
      return 'settings'
    default:
      return 'name'
  }
}
