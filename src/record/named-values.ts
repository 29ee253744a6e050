/**
 * Files of `name value` lines (/proc/vmstat, /proc/meminfo, memory.stat): names are learnt once, then each reading is a
 * walk over the bytes. A kernel prints the same names in the same order as long as it runs; where it does not (a feature
 * was switched on, a file is another one) they are learnt again.
 */

const LF = 10
const SPACE = 32
const MINUS = 45
const ZERO = 48

export class NamedValues {
  /** A new array whenever the names change. */
  names: readonly string[] = []
  /** By the order of `names`; overwritten by each reading. */
  values = new Float64Array(0)
  /** Names with the character behind each, one after another, as bytes. */
  private lead = Buffer.alloc(0)
  /** Where the name of each line begins in `lead`, and the end. */
  private starts: number[] = [0]
  /** Index in `values` for each line, -1 for those that are not kept. */
  private slots: number[] = []

  /** @param keep names that are wanted; all unless given */
  constructor(private readonly keep?: ReadonlySet<string>) {}

  /** Reads one copy of the file. */
  read(bytes: Buffer): void {
    if (this.scan(bytes)) return
    this.learn(bytes)
    this.scan(bytes)
  }

  /** @returns false where the names are not those that were learnt */
  private scan(bytes: Buffer): boolean {
    const { lead, starts, slots, values } = this
    const lines = slots.length
    let at = 0
    for (let line = 0; line < lines; line++) {
      for (let i = starts[line]; i < starts[line + 1]; i++, at++) if (bytes[at] !== lead[i]) return false
      const slot = slots[line]
      if (slot >= 0) {
        while (bytes[at] === SPACE) at++
        const negative = bytes[at] === MINUS
        if (negative) at++
        let value = 0
        for (let digit = bytes[at] - ZERO; digit >= 0 && digit <= 9; digit = bytes[++at] - ZERO)
          value = value * 10 + digit
        values[slot] = negative ? -value : value
      }
      while (at < bytes.length && bytes[at] !== LF) at++
      at++
    }
    return at >= bytes.length
  }

  private learn(bytes: Buffer): void {
    const names: string[] = []
    const leads: string[] = []
    this.starts = [0]
    this.slots = []
    const lines = bytes.toString('latin1').split('\n')
    if (lines[lines.length - 1] === '') lines.pop()
    for (const line of lines) {
      const m = /^([^\s:]+)([\s:])\s*-?\d+(?:\s|$)/.exec(line)
      const wanted = m !== null && (this.keep?.has(m[1]) ?? true)
      // A line that is none of ours is compared by what stands before its numbers, so that it is passed over.
      const lead = m === null ? (/^\D*/.exec(line)?.[0] ?? '') : m[1] + m[2]
      this.slots.push(wanted ? names.length : -1)
      if (wanted) names.push(m[1])
      leads.push(lead)
      this.starts.push(this.starts[this.starts.length - 1] + lead.length)
    }
    this.lead = Buffer.from(leads.join(''), 'latin1')
    this.names = names
    this.values = new Float64Array(names.length)
  }
}
