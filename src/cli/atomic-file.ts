/** A file that is either written whole or not there: a temporary one beside it, which takes its name at the end. */

import { closeSync, fsyncSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { outputError } from '../record/output-error.js'

/** Bytes gathered before they are written. */
const GATHER = 256 * 1024
/** Of a character in UTF-8, half of a pair. */
const MOST_BYTES = 3

export class AtomicFile {
  private readonly fd: number
  /** What is written to; the path itself where that is a device or a pipe, which cannot be replaced. */
  private readonly target: string
  /** Filled and written again and again: what is made anew for each write stays in memory until it is collected. */
  private readonly gathered = Buffer.allocUnsafe(GATHER)
  private held = 0
  /** Bytes written so far. */
  bytes = 0

  /** @throws TidemarkError (TM_OUTPUT) where nothing can be written here */
  constructor(readonly path: string) {
    const there = statSync(path, { throwIfNoEntry: false })
    const replaced = there === undefined || there.isFile()
    this.target = replaced ? join(dirname(path), `.${basename(path)}.${process.pid}.tmp`) : path
    this.fd = this.attempt(() => openSync(this.target, 'w'))
    // A second Ctrl-C ends the process at once.
    process.on('exit', this.removeTarget)
  }

  write(part: Uint8Array | string): void {
    if (typeof part === 'string') {
      this.writeText(part)
      return
    }
    if (this.held + part.length > GATHER) this.flush()
    if (part.length > GATHER) this.put(part)
    else {
      this.gathered.set(part, this.held)
      this.held += part.length
    }
  }

  private writeText(text: string): void {
    const most = text.length * MOST_BYTES
    if (this.held + most > GATHER) this.flush()
    if (most > GATHER) this.put(Buffer.from(text))
    else this.held += this.gathered.write(text, this.held)
  }

  /** Gives the file its name. */
  commit(): void {
    this.flush()
    this.attempt(() => {
      if (this.target !== this.path) fsyncSync(this.fd)
      closeSync(this.fd)
      if (this.target !== this.path) renameSync(this.target, this.path)
    })
    process.off('exit', this.removeTarget)
  }

  /** Leaves nothing behind, and what was there before as it was. */
  abandon(): void {
    try {
      closeSync(this.fd)
    } catch {
      // It was closed already; there is nothing left to release.
    }
    this.removeTarget()
    process.off('exit', this.removeTarget)
  }

  private readonly removeTarget = (): void => {
    if (this.target !== this.path) rmSync(this.target, { force: true })
  }

  private flush(): void {
    const { held } = this
    this.held = 0
    this.put(this.gathered.subarray(0, held))
  }

  private put(all: Uint8Array): void {
    for (let at = 0; at < all.length; ) at += this.attempt(() => writeSync(this.fd, all, at))
    this.bytes += all.length
  }

  private attempt<T>(action: () => T): T {
    try {
      return action()
    } catch (error) {
      throw outputError(this.path, error)
    }
  }
}
