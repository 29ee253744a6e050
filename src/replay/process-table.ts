/** Live processes by the serial of their task. The last one is asked for again and again, so it is kept at hand. */

import type { Process } from './process.js'

export class ProcessTable {
  private readonly bySerial = new Map<number, Process>()
  private lastSerial = -1
  private last: Process | undefined = undefined

  get(serial: number): Process | undefined {
    if (serial !== this.lastSerial) {
      this.last = this.bySerial.get(serial)
      this.lastSerial = serial
    }
    return this.last
  }

  set(serial: number, process: Process): void {
    this.bySerial.set(serial, process)
    this.lastSerial = -1
  }

  delete(serial: number): void {
    this.bySerial.delete(serial)
    this.lastSerial = -1
  }

  values(): IterableIterator<Process> {
    return this.bySerial.values()
  }
}
