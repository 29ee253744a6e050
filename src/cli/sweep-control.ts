/** Two words that the threads of a sweep share: whether to stop, and whose run is the next to begin. */

import { type Interrupt, Interrupted } from './interrupt.js'

const STOP = 0
const TURN = 1

/** How often a thread that waits for its turn looks whether the sweep was stopped, ms. */
const LOOK_MS = 100

export class SweepControl {
  private readonly words: Int32Array

  /** @param shared memory of another thread's control; without it, that of a new sweep */
  constructor(readonly shared = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT)) {
    this.words = new Int32Array(shared)
  }

  stop(): void {
    Atomics.store(this.words, STOP, 1)
  }

  get stopped(): boolean {
    return Atomics.load(this.words, STOP) === 1
  }

  /**
   * Blocks this thread until all points before `index` have begun: so the ids of runs follow the grid, whoever is
   * faster.
   */
  awaitTurn(index: number): void {
    for (;;) {
      const turn = Atomics.load(this.words, TURN)
      if (turn >= index) return
      if (this.stopped) throw new Interrupted('SIGINT')
      Atomics.wait(this.words, TURN, turn, LOOK_MS)
    }
  }

  /** The run of point `index`, whose turn it was, has begun. */
  passTurn(index: number): void {
    if (Atomics.load(this.words, TURN) > index) return
    Atomics.store(this.words, TURN, index + 1)
    Atomics.notify(this.words, TURN)
  }

  /** Point `index` is over: those after it need not wait for it, even if its run never began. */
  leave(index: number): void {
    try {
      this.awaitTurn(index)
      this.passTurn(index)
    } catch {
      // The sweep was stopped: nobody waits any more.
    }
  }

  /** What a replay in a worker looks at: signals reach the main thread only. */
  interrupt(): Interrupt {
    const look = (): void => {
      if (this.stopped) throw new Interrupted('SIGINT')
    }
    return {
      checkpoint: async () => look(),
      wait: async (work) => {
        const done = await work
        look()
        return done
      },
      unattended: (work) => work(),
      release: () => {},
    }
  }
}
