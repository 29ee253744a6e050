/**
 * tidemark as a library: read traces and recordings, describe machines, replay, store, query.
 *
 * ```ts
 * import { loadMachine, openInput, openReader, openStore, Replay, resolveMachine } from 'tidemark'
 * ```
 *
 * Everything a user can act on is thrown as {@link TidemarkError}.
 */

export { type ErrorCode, EXIT, InputError, TidemarkError, UsageError } from './base/errors.js'
export type { IngestOptions, InputFormat, WrittenTrace } from './ingest/format.js'
export {
  type Inspection,
  inspectInput,
  type SeriesInspection,
  type TraceInspection,
} from './ingest/inspect.js'
export {
  judgeOomReport,
  type OomLogRecord,
  type OomReport,
  type OomVerdict,
  readOomReports,
  toOomRecords,
} from './ingest/oom-report/index.js'
export { FORMATS, type OpenedInput, openInput, openInputs } from './ingest/registry.js'
export type { MachineOptions } from './machine/from-options.js'
export { machineFromTrace } from './machine/from-trace.js'
export { loadMachine } from './machine/load.js'
export type { MachineDescription } from './machine/machine.js'
export { type ResolvedMachine, type ResolveOptions, resolveMachine } from './machine/resolve.js'
export type {
  Counters,
  IntervalRecord,
  KswapdCycleRecord,
  OomCandidateRecord,
  OomRecord,
  RefusedMmapRecord,
  ReplaySink,
  ReplaySummary,
  StallRecord,
  ZoneIntervalRecord,
} from './replay/records.js'
export { Replay, type ReplayOptions, replayTrace } from './replay/replay.js'
export { createReplay, type Replayer, type Sampling } from './replay/sampling/sampled-replay.js'
export { FORMATS as RESULT_FORMATS, type Format as ResultFormat, formatResult } from './store/format.js'
export { type NamedQuery, namedQueries, namedQuery, runNamedQuery } from './store/queries.js'
export { openReader, type QueryParams, type Reader, type RunRow } from './store/reader.js'
export { type QueryResult, rowObjects, type Value } from './store/result.js'
export type { RunStart } from './store/run-start.js'
export type { RunWriter } from './store/run-writer.js'
export { openStore, type Store, type StoreOptions } from './store/writer.js'
export {
  type AllocationTrace,
  EventBatch,
  type EventDetail,
  OP,
  OP_NAMES,
  type OpCode,
  type OpName,
  type TraceHeader,
} from './trace/events.js'
export type { CounterSeries, InputIssue, SeriesBatch, SeriesColumn, SeriesMeta } from './trace/series.js'
export { type Calibration, calibrate } from './workload/calibrate.js'
export { collect, type Reconstruction, reconstruct, type SeriesSamples } from './workload/reconstruct.js'
