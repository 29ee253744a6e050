/** SIGINT and SIGTERM as something that work can look at between two steps. */

/** The user, or whoever runs us, asked to stop. */
export class Interrupted extends Error {
  constructor(readonly signal: NodeJS.Signals) {
    super(`interrupted by ${signal}`)
    this.name = 'Interrupted'
  }
}

/** How long work may go on before it looks for signals, ms. */
const TURN_MS = 50

export interface Interrupt {
  /**
   * Lets signals through if there was no occasion for some time. Replays work synchronously; without this they would not
   * be seen before the end.
   * @throws Interrupted once a signal has come
   */
  checkpoint(): Promise<void>
  /**
   * Waits for something that may never come, such as more of standard input.
   * @throws Interrupted as soon as a signal comes
   */
  wait<T>(work: Promise<T>): Promise<T>
  /**
   * Does synchronous work that stores nothing: a signal meanwhile ends the process, as it would without us, since we
   * could not look at it before the end.
   */
  unattended<T>(work: () => T): T
  /** Gives the signals back to their defaults. */
  release(): void
}

/** Takes SIGINT and SIGTERM over until {@link Interrupt.release}. A second one ends the process at once. */
export function watchSignals(): Interrupt {
  let signal: NodeJS.Signals | undefined
  let last = performance.now()
  // Who waits now; a promise to race against would gather a reaction for each wait.
  let wake: ((reason: Interrupted) => void) | undefined
  const onSignal = (name: NodeJS.Signals): void => {
    if (signal !== undefined) process.exit(130)
    signal = name
    wake?.(new Interrupted(name))
  }
  const attend = (): void => {
    process.on('SIGINT', onSignal)
    process.on('SIGTERM', onSignal)
  }
  const release = (): void => {
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
  }
  attend()
  return {
    checkpoint: async () => {
      if (performance.now() - last > TURN_MS) {
        await new Promise((resolve) => setImmediate(resolve))
        last = performance.now()
      }
      if (signal !== undefined) throw new Interrupted(signal)
    },
    wait: (work) =>
      new Promise((resolve, reject) => {
        wake = reject
        if (signal !== undefined) reject(new Interrupted(signal))
        work.then(resolve, reject)
      }),
    unattended: (work) => {
      release()
      try {
        return work()
      } finally {
        attend()
      }
    },
    release,
  }
}
