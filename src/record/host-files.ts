/** Small files of /proc and /sys: of this host, or of a copy. */

import { closeSync, existsSync, openSync, readdirSync, readSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { InputError } from '../base/errors.js'

/** Paths are those of the host (`/proc/vmstat`), wherever the files really are. */
export class HostFiles {
  private buffer = Buffer.allocUnsafe(64 * 1024)

  /**
   * @param proc folder that stands for /proc
   * @param sys folder that stands for /sys, where there is one
   * @param live whether they are those of the running kernel
   */
  constructor(
    private readonly proc: string,
    private readonly sys: string | undefined,
    readonly live: boolean,
  ) {}

  /** Where a file of the host is; undefined where a copy cannot have it. */
  path(file: string): string | undefined {
    // No normalisation: `..` behind a link of /sys/dev/block leads from a partition to its disk.
    if (file.startsWith('/proc/')) return `${this.proc}${file.slice(5)}`
    if (file.startsWith('/sys/')) return this.sys === undefined ? undefined : `${this.sys}${file.slice(4)}`
    return this.live ? file : undefined
  }

  /** The bytes of a file, valid until the next read; undefined where it cannot be read. */
  bytes(file: string): Buffer | undefined {
    const path = this.path(file)
    if (path === undefined) return undefined
    let fd: number
    try {
      fd = openSync(path, 'r')
    } catch {
      return undefined
    }
    try {
      // Files of /proc have no size: read until nothing comes.
      for (let length = 0; ; ) {
        if (length === this.buffer.length) this.buffer = Buffer.concat([this.buffer], this.buffer.length * 2)
        const got = readSync(fd, this.buffer, length, this.buffer.length - length, null)
        if (got === 0) return this.buffer.subarray(0, length)
        length += got
      }
    } catch {
      // Some files exist and refuse to be read: PSI with psi=0, files of a cgroup that is being removed.
      return undefined
    } finally {
      closeSync(fd)
    }
  }

  /** The text of a file; undefined where it cannot be read. */
  text(file: string): string | undefined {
    return this.bytes(file)?.toString('utf8')
  }

  /** The text of a file that holds one value, without white space around it. */
  value(file: string): string | undefined {
    return this.text(file)?.trim()
  }

  /** Names in a folder, sorted; none where it cannot be read. */
  list(folder: string): string[] {
    const path = this.path(folder)
    try {
      return path === undefined ? [] : readdirSync(path).sort()
    } catch {
      return []
    }
  }

  has(file: string): boolean {
    const path = this.path(file)
    return path !== undefined && existsSync(path)
  }
}

/**
 * The files of this host, or of `directory`: a folder with copies of /proc and /sys as `proc` and `sys`, or one that
 * is mounted or copied as `proc` itself, with `sys` beside it where it is there.
 * @throws InputError where there is no /proc/vmstat
 */
export function openHost(directory?: string): HostFiles {
  const host = directory === undefined ? new HostFiles('/proc', '/sys', true) : copyOf(directory)
  if (host.bytes('/proc/vmstat') !== undefined) return host
  throw new InputError('cannot be read', {
    file: host.path('/proc/vmstat') as string,
    code: 'TM_INPUT_UNREADABLE',
    expected: 'the counters of a Linux kernel',
    hint:
      directory === undefined
        ? 'record runs on the Linux host that it records'
        : '--proc takes a folder with copies of /proc and /sys',
  })
}

function copyOf(directory: string): HostFiles {
  const inside = join(directory, 'proc')
  if (existsSync(join(inside, 'vmstat'))) return new HostFiles(inside, join(directory, 'sys'), false)
  const beside = join(dirname(directory), 'sys')
  return new HostFiles(directory, basename(directory) === 'proc' && existsSync(beside) ? beside : undefined, false)
}
