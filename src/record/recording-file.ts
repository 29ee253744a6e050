/** The file that is recorded into: every line is on its way to the disk before the next sample is taken. */

import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, statSync, writeSync } from 'node:fs'
import { UsageError } from '../base/errors.js'
import { GzipMember } from './gzip-member.js'
import { outputError, outputProblem } from './output-error.js'

export interface RecordingFile {
  readonly path: string
  /** Size of the file; bytes written where it is a pipe. */
  readonly bytes: number
  /** Appends text that ends in a line feed. @throws TidemarkError (TM_OUTPUT) */
  write(text: string): void
  /** Brings everything to the disk. @throws TidemarkError (TM_OUTPUT) */
  close(): void
  /** Closes after a failure that is being reported already. */
  abandon(): void
}

/**
 * Makes a file, gzip if its name ends in `.gz`, or opens one that {@link checkAppendable} has looked at.
 * @param append adds to a file that is there
 * @throws UsageError where the file is there already; TidemarkError (TM_OUTPUT) where it cannot be made
 */
export function openRecordingFile(path: string, append: boolean): RecordingFile {
  const gzip = path.endsWith('.gz')
  const regular = isRegular(path)
  if (regular === false) {
    if (gzip) throw new UsageError(`${path}: gzip needs a regular file`, 'Record without .gz and pipe it through gzip.')
    return new PlainFile(path, open(path, 'w'), false)
  }
  if (regular === true && !append) {
    throw new UsageError(`${path} is there already`, 'Give another name, or --append to go on with that recording.')
  }
  const fd = open(path, regular === true ? 'r+' : 'wx')
  return gzip ? new GzipFile(path, fd) : new PlainFile(path, fd, true)
}

/** Whether a path is a regular file; undefined where there is nothing. */
export function isRegular(path: string): boolean | undefined {
  try {
    const found = statSync(path)
    if (found.isDirectory()) throw outputError(path, { code: 'EISDIR' })
    return found.isFile()
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return undefined
    throw outputError(path, error)
  }
}

function open(path: string, flags: string): number {
  try {
    return openSync(path, flags, 0o644)
  } catch (error) {
    throw outputError(path, error)
  }
}

abstract class OpenFile implements RecordingFile {
  bytes: number

  constructor(
    readonly path: string,
    protected readonly fd: number,
    private readonly regular: boolean,
  ) {
    this.bytes = regular ? fstatSync(fd).size : 0
  }

  abstract write(text: string): void

  close(): void {
    try {
      if (this.regular) fsyncSync(this.fd)
    } catch (error) {
      throw outputError(this.path, error)
    } finally {
      closeSync(this.fd)
    }
  }

  abandon(): void {
    closeSync(this.fd)
  }

  /** Writes bytes at `at`, which must be the end of what is kept, and makes them the end of the file. */
  protected put(bytes: Buffer, at: number, undo: Buffer): void {
    this.checkAlone()
    try {
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(this.fd, bytes, done, bytes.length - done, this.regular ? at + done : null)
      }
    } catch (error) {
      this.restore(undo, at)
      throw outputError(this.path, error, 'Everything sampled before is in the file.')
    }
    this.bytes = at + bytes.length
  }

  /** A file that was deleted or changed under us would be lost or broken without a word. */
  private checkAlone(): void {
    if (!this.regular) return
    const { size, nlink } = fstatSync(this.fd)
    if (nlink === 0) throw outputProblem(this.path, 'the file was deleted while it was recorded into')
    if (size !== this.bytes) throw outputProblem(this.path, 'another process has changed the file')
  }

  /** Takes half a line away again. */
  private restore(undo: Buffer, at: number): void {
    if (!this.regular) return
    try {
      if (undo.length > 0) writeSync(this.fd, undo, 0, undo.length, at)
      ftruncateSync(this.fd, at + undo.length)
    } catch {
      // The error that led here is the one to report.
    }
  }
}

const NOTHING = Buffer.alloc(0)

class PlainFile extends OpenFile {
  write(text: string): void {
    this.put(Buffer.from(text), this.bytes, NOTHING)
  }
}

class GzipFile extends OpenFile {
  private readonly member = new GzipMember()
  private end: number

  constructor(path: string, fd: number) {
    super(path, fd, true)
    this.end = this.bytes
  }

  write(text: string): void {
    const before = this.member.trailer()
    const data = this.member.add(Buffer.from(text))
    this.put(Buffer.concat([data, this.member.trailer()]), this.end, before)
    this.end += data.length
  }
}
