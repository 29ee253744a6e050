/**
 * A disk: limits on requests and bytes a second, and a latency.
 *
 * Each limit is a leaky bucket: a request takes its share of the second, and may start when the bucket has drained to
 * the allowed burst. Without a burst the requests simply follow one another. Completion = start + latency.
 */
import type { DiskConfig } from './config.js'

/** Requests a queue holds before whoever submits another one has to wait (nr_requests). */
const QUEUE_DEPTH = 256

/**
 * Where each page stands for `scale` pages, a request stands for as many requests, and costs as much. Not so a request for
 * neighbouring pages, of which whole runs would have been one: it costs what its pages come to in requests of `most`.
 */
export function requestShare(pages: number, most: number, scale: number): number {
  return scale === 1 ? 1 : Math.min(1, Math.max(1 / scale, pages / most))
}

export class BlockDevice {
  /** When the requests in flight are done, µs, in order of submission: a ring, oldest at `first`. */
  private readonly done = new Float64Array(QUEUE_DEPTH)
  private first = 0
  private inFlight = 0

  /** When the request bucket and the byte bucket run dry, µs. */
  private opsTime = 0
  private bytesTime = 0
  private readonly usPerOp: number
  private readonly usPerByte: number
  private readonly latency: number
  private readonly burst: number

  constructor(config: DiskConfig) {
    this.usPerOp = config.iops > 0 ? 1e6 / config.iops : 0
    this.usPerByte = config.bps > 0 ? 1e6 / config.bps : 0
    this.latency = config.latencyUs
    this.burst = config.burstUs ?? 0
  }

  /**
   * Submits one request of `bytes` at `now`.
   * @param share of what a request costs, see `requestShare`
   * @param ahead begun earlier, and done as soon as the requests before it are
   * @returns the time it completes, µs
   */
  submit(now: number, bytes: number, share = 1, ahead = false): number {
    const start = Math.max(now, this.opsTime - this.burst, this.bytesTime - this.burst)
    const op = this.usPerOp * share
    this.opsTime = Math.max(this.opsTime, now) + op
    this.bytesTime = Math.max(this.bytesTime, now) + this.usPerByte * bytes
    const takes = this.latency * share + (this.burst === 0 ? Math.max(op, this.usPerByte * bytes) : 0)
    const done = ahead ? start : start + takes
    this.retire(now)
    if (this.inFlight === QUEUE_DEPTH) this.first = (this.first + 1) % QUEUE_DEPTH
    else this.inFlight++
    this.done[(this.first + this.inFlight - 1) % QUEUE_DEPTH] = done
    return done
  }

  /** When the queue takes another request, µs: `now` unless it is full. */
  roomAt(now: number): number {
    this.retire(now)
    return this.inFlight < QUEUE_DEPTH ? now : this.done[this.first]
  }

  private retire(now: number): void {
    while (this.inFlight > 0 && this.done[this.first] <= now) {
      this.first = (this.first + 1) % QUEUE_DEPTH
      this.inFlight--
    }
  }

  /** How far the queue reaches beyond `now`, µs. */
  backlog(now: number): number {
    return Math.max(0, this.opsTime - this.burst - now, this.bytesTime - this.burst - now)
  }

  /** Pages a second the device can write, for the flusher's chunks; Infinity without a limit. */
  pagesPerSecond(): number {
    return this.usPerByte > 0 ? 1e6 / (this.usPerByte * 4096) : Number.POSITIVE_INFINITY
  }
}
