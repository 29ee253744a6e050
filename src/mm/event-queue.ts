/**
 * Things that happen at a time of their own: the end of a disk request, a timer. A binary heap by (time, order of
 * scheduling), so that equal times fire in the order they were asked for.
 */
export class EventQueue {
  private readonly times: number[] = []
  private readonly seqs: number[] = []
  private readonly actions: (() => void)[] = []
  private seq = 0

  /** @param horizon [0] is lowered when an event comes due before it: whoever runs now must stop in time */
  constructor(private readonly horizon?: Float64Array) {}

  /** Time of the earliest event, µs; Infinity when there is none. */
  nextTime(): number {
    return this.times.length ? this.times[0] : Number.POSITIVE_INFINITY
  }

  get size(): number {
    return this.times.length
  }

  at(time: number, action: () => void): void {
    const { times, seqs, actions, horizon } = this
    if (horizon && time < horizon[0]) horizon[0] = time
    let i = times.length
    const seq = this.seq++
    times.push(time)
    seqs.push(seq)
    actions.push(action)
    while (i > 0) {
      const up = (i - 1) >> 1
      if (times[up] <= time) break
      times[i] = times[up]
      seqs[i] = seqs[up]
      actions[i] = actions[up]
      i = up
    }
    times[i] = time
    seqs[i] = seq
    actions[i] = action
  }

  /** Takes the earliest event out and returns its action. */
  pop(): () => void {
    const { times, seqs, actions } = this
    const top = actions[0]
    const time = times.pop() as number
    const seq = seqs.pop() as number
    const action = actions.pop() as () => void
    const n = times.length
    if (n > 0) {
      let i = 0
      for (;;) {
        let c = 2 * i + 1
        if (c >= n) break
        if (c + 1 < n && (times[c + 1] < times[c] || (times[c + 1] === times[c] && seqs[c + 1] < seqs[c]))) c++
        if (times[c] > time || (times[c] === time && seqs[c] > seq)) break
        times[i] = times[c]
        seqs[i] = seqs[c]
        actions[i] = actions[c]
        i = c
      }
      times[i] = time
      seqs[i] = seq
      actions[i] = action
    }
    return top
  }
}
