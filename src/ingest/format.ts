/** What a format has to say about itself so that the registry can find and open it. */

import type { ByteSource } from '../base/byte-source.js'
import type { AllocationTrace } from '../trace/events.js'
import type { SampleReader } from './series/recorded-series.js'

/** The beginning of an input, as a format sees it to recognise it. */
export interface Head {
  /** As the user named it. */
  readonly file: string
  /** Up to 64 KiB of decoded content. */
  readonly bytes: Buffer
  /** The same as text, cleaned as the text readers clean lines. */
  readonly text: string
  /** `text` cut into lines; the last one may be cut off. */
  readonly lines: readonly string[]
}

/** What the caller knows and the recording does not say. */
export interface IngestOptions {
  /** Seconds between rows where a recording has no times (`vmstat` without -t). */
  interval?: number
  /** Bytes of a page of the recorded host; 4096 unless given. */
  pageSize?: number
  /** Day of the first record, `2024-03-04`, where a banner's date cannot be told (`03/04/24`) or is missing. */
  date?: string
  /** Unit of memory and swapping that `vmstat -S` was given: k is 1000 bytes, K (the default) 1024, m 10^6, M 2^20. */
  unit?: 'k' | 'K' | 'm' | 'M'
  /** `vmstat -y`: the first row is an interval like the others, no average since boot. */
  firstRowCounts?: boolean
  /** Turns every issue into an error. */
  strict?: boolean
  /** Collects a report of what the input holds, as recorded (see {@link SampleReader.report}). */
  report?: boolean
}

interface FormatBase {
  /** Name in the registry, in the store and in messages. */
  readonly name: string
  /** One line for people. */
  readonly describe: string
  /** Whether the content is this format's. Must not throw and must not read further than the head. */
  detect(head: Head): boolean
}

/** An allocation trace that says in which form it was written. */
export interface WrittenTrace extends AllocationTrace {
  /** Registry name of the format. */
  readonly format: string
}

export interface AllocationFormat extends FormatBase {
  readonly kind: 'allocation'
  /** Reads the header. @throws InputError */
  open(source: ByteSource): Promise<WrittenTrace>
}

export interface SeriesFormat extends FormatBase {
  readonly kind: 'series'
  /** What reads it; nothing is read before it is run. */
  reader(source: ByteSource, options: IngestOptions): SampleReader
}

export type InputFormat = AllocationFormat | SeriesFormat
