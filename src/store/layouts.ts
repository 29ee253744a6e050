import type {
  IntervalRecord,
  KswapdCycleRecord,
  RefusedMmapRecord,
  StallRecord,
  ZoneIntervalRecord,
} from '../replay/records.js'
import type { InputIssue } from '../trace/series.js'
import { allocstall, INTERVAL_COUNTERS, INTERVAL_LEVELS } from './columns.js'
import type { Layout } from './row-buffer.js'

const bit = (value: boolean) => (value ? 1 : 0)

export const INTERVAL: Layout<IntervalRecord> = {
  table: 'interval',
  columns: ['run_id', 'seq', 't', 'dt', ...INTERVAL_LEVELS, ...INTERVAL_COUNTERS, 'allocstall'],
  append(out, owner, seq, r) {
    const { levels, counters } = r
    out.push(owner, seq, r.t, r.dt)
    for (const name of INTERVAL_LEVELS) out.put(levels[name] ?? null)
    for (const name of INTERVAL_COUNTERS) out.put(counters[name] ?? 0)
    out.put(allocstall(counters))
  },
}

export const ZONE_INTERVAL: Layout<ZoneIntervalRecord> = {
  table: 'zone_interval',
  columns: ['run_id', 'seq', 't', 'node', 'zone', 'free', 'pcp', 'min', 'low', 'high', 'boost', 'managed'],
  append: (out, owner, seq, r) => {
    out.push(owner, seq, r.t, r.node, r.zone, r.free, r.pcp, r.min, r.low, r.high, r.boost, r.managed)
  },
}

export const STALL: Layout<StallRecord> = {
  table: 'stall',
  columns: [
    'run_id',
    'seq',
    't',
    'pid',
    'comm',
    'kind',
    'cgroup',
    'duration_us',
    'scanned',
    'reclaimed',
    'priority',
    'outcome',
  ],
  append: (out, owner, seq, r) => {
    out.push(
      owner,
      seq,
      r.t,
      r.pid,
      r.comm,
      r.kind,
      r.cgroup,
      r.duration_us,
      r.scanned,
      r.reclaimed,
      r.priority,
      r.outcome,
    )
  },
}

export const KSWAPD_CYCLE: Layout<KswapdCycleRecord> = {
  table: 'kswapd_cycle',
  columns: [
    'run_id',
    'seq',
    't',
    'node',
    'duration_us',
    'scanned',
    'reclaimed',
    'priority',
    'highest_zone',
    'balanced',
  ],
  append: (out, owner, seq, r) => {
    out.push(
      owner,
      seq,
      r.t,
      r.node,
      r.duration_us,
      r.scanned,
      r.reclaimed,
      r.priority,
      r.highest_zone,
      bit(r.balanced),
    )
  },
}

export const REFUSED_MMAP: Layout<RefusedMmapRecord> = {
  table: 'refused_mmap',
  columns: ['run_id', 'seq', 't', 'pid', 'comm', 'region', 'pages', 'mode', 'committed', 'allowed', 'reason'],
  append: (out, owner, seq, r) => {
    out.push(owner, seq, r.t, r.pid, r.comm, r.region, r.pages, r.mode, r.committed, r.allowed, r.reason)
  },
}

export const INPUT_ISSUE: Layout<InputIssue> = {
  table: 'input_issue',
  columns: ['run_id', 'seq', 'file', 'line', 'code', 'message', 'action'],
  append: (out, owner, seq, r) => {
    out.push(owner, seq, r.file, r.line ?? null, r.code, r.message, r.action)
  },
}

export const RUN_WARNING: Layout<string> = {
  table: 'run_warning',
  columns: ['run_id', 'seq', 'message'],
  append: (out, owner, seq, message) => {
    out.push(owner, seq, message)
  },
}
