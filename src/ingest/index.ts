/** Reading what people have recorded: the way in for everything outside of this folder. */

export type { AllocationFormat, IngestOptions, InputFormat, SeriesFormat, WrittenTrace } from './format.js'
export { type Inspection, inspectInput, type SeriesInspection, type TraceInspection } from './inspect.js'
export { FORMATS, type OpenedInput, openInput, openInputs } from './registry.js'
export { type Cut, cutSeries, type Moment, parseMoment } from './series/cut.js'
export type { RecordedBatch } from './series/recorded-series.js'
