/**
 * Things that happen at a time of their own: the end of a disk request, a timer. A binary heap by (time, order of
 * scheduling), so that equal times fire in the order they were asked for.
 *
 * What happens is a *kind*, registered once with its handler, and a number for it to work on: thousands of requests are
 * in flight, and none of them costs an object.
 */
export class EventQueue {
  private times = new Float64Array(64)
  private seqs = new Float64Array(64)
  private kinds = new Uint8Array(64)
  private args = new Int32Array(64)
  private length = 0
  private seq = 0
  private readonly handlers: ((arg: number) => void)[] = []
  /** Actions of rare events, by the number their event carries. */
  private readonly actions: ((() => void) | null)[] = []
  private readonly freeActions: number[] = []
  private readonly actionKind: number

  /** @param horizon [0] is lowered when an event comes due before it: whoever runs now must stop in time */
  constructor(private readonly horizon: Float64Array = new Float64Array([Number.POSITIVE_INFINITY])) {
    this.actionKind = this.register((slot) => {
      const action = this.actions[slot]
      this.actions[slot] = null
      this.freeActions.push(slot)
      action?.()
    })
  }

  /** Time of the earliest event, µs; Infinity when there is none. */
  nextTime(): number {
    return this.length > 0 ? this.times[0] : Number.POSITIVE_INFINITY
  }

  get size(): number {
    return this.length
  }

  /** Makes a kind of event known. @returns its number, for {@link schedule} */
  register(handler: (arg: number) => void): number {
    return this.handlers.push(handler) - 1
  }

  /** Lets an action happen once: for what is rare. */
  at(time: number, action: () => void): void {
    const slot = this.freeActions.pop() ?? this.actions.length
    this.actions[slot] = action
    this.schedule(time, this.actionKind, slot)
  }

  /** The handler of `kind` is called with `arg` at `time`. */
  schedule(time: number, kind: number, arg: number): void {
    if (this.length === this.times.length) this.grow()
    const { times, seqs, kinds, args, horizon } = this
    if (time < horizon[0]) horizon[0] = time
    let i = this.length++
    while (i > 0) {
      const up = (i - 1) >> 1
      if (times[up] <= time) break
      times[i] = times[up]
      seqs[i] = seqs[up]
      kinds[i] = kinds[up]
      args[i] = args[up]
      i = up
    }
    times[i] = time
    seqs[i] = this.seq++
    kinds[i] = kind
    args[i] = arg
  }

  /** Takes the earliest event out and lets it happen. The queue must not be empty. */
  fire(): void {
    const { times, seqs, kinds, args } = this
    const kind = kinds[0]
    const arg = args[0]
    const n = --this.length
    if (n > 0) {
      const time = times[n]
      const seq = seqs[n]
      let i = 0
      for (;;) {
        let c = 2 * i + 1
        if (c >= n) break
        if (c + 1 < n && (times[c + 1] < times[c] || (times[c + 1] === times[c] && seqs[c + 1] < seqs[c]))) c++
        if (times[c] > time || (times[c] === time && seqs[c] > seq)) break
        times[i] = times[c]
        seqs[i] = seqs[c]
        kinds[i] = kinds[c]
        args[i] = args[c]
        i = c
      }
      times[i] = time
      seqs[i] = seq
      kinds[i] = kinds[n]
      args[i] = args[n]
    }
    this.handlers[kind](arg)
  }

  private grow(): void {
    const double = <T extends Float64Array | Uint8Array | Int32Array>(old: T, fresh: T): T => {
      fresh.set(old as never)
      return fresh
    }
    const size = this.times.length * 2
    this.times = double(this.times, new Float64Array(size))
    this.seqs = double(this.seqs, new Float64Array(size))
    this.kinds = double(this.kinds, new Uint8Array(size))
    this.args = double(this.args, new Int32Array(size))
  }
}
