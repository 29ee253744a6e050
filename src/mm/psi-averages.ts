/**
 * The running averages of a pressure file (kernel/sched/psi.c `calc_avgs`; Documentation/accounting/psi.rst).
 */

/** Fixed point of the averages: 11 bits. */
const FIXED_1 = 2048
/** Decay of one period for 10, 60 and 300 s. */
const DECAY = [1677, 1981, 2034] as const

/** `avg10`, `avg60`, `avg300` of a pressure file, percent with two digits. */
export interface PressureAverages {
  avg10: number
  avg60: number
  avg300: number
}

/** The three running averages of one state (`calc_avgs`). */
export class PsiAverages {
  readonly #avg = [0, 0, 0]
  /** Stall time that the averages have seen. */
  #seen = 0

  /** @param period length of a period, µs */
  constructor(readonly period: number) {}

  /**
   * One period has passed.
   *
   * @param total stall time since the start, µs; what does not fit in the period is carried over to the next
   * @param missed idle periods before this one
   */
  update(total: number, missed = 0): void {
    const sample = Math.min(total - this.#seen, this.period)
    this.#seen += sample
    const load = Math.floor((100 * sample) / this.period) * FIXED_1
    for (let i = 0; i < DECAY.length; i++) {
      let avg = this.#avg[i]
      for (let m = 0; m < missed && avg > 0; m++) avg = decay(avg, DECAY[i], 0)
      this.#avg[i] = decay(avg, DECAY[i], load)
    }
  }

  /** As the pressure file prints them: two digits, the rest cut off. */
  read(): PressureAverages {
    const [avg10, avg60, avg300] = this.#avg.map((a) => Math.floor((a * 100) / FIXED_1) / 100)
    return { avg10, avg60, avg300 }
  }
}

function decay(avg: number, e: number, load: number): number {
  const next = avg * e + load * (FIXED_1 - e)
  // Rounds up while the load is not below the average, so that a full load reaches 100 %.
  return Math.floor((load >= avg ? next + FIXED_1 - 1 : next) / FIXED_1)
}
