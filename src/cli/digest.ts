/** Digest of a file's bytes: by it runs of one trace find each other, whatever it was called. */

import { createHash, type Hash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { unreadable } from '../base/byte-source.js'
import { canReadTwice } from './file-sizes.js'

/**
 * `sha256:…` of the bytes of files as they lie on disk, one after another; undefined where one is no regular file, and
 * so cannot be read twice.
 * @param part which part of them is replayed, '' for all
 * @throws InputError when a file cannot be read
 */
export async function digestFiles(
  paths: readonly string[],
  checkpoint: () => Promise<void>,
  part = '',
): Promise<string | undefined> {
  if (!paths.every(canReadTwice)) return undefined
  const hash = createHash('sha256')
  const buffer = Buffer.allocUnsafe(1 << 20)
  for (const path of paths) await update(hash, path, buffer, checkpoint)
  hash.update(part)
  return `sha256:${hash.digest('hex')}`
}

async function update(hash: Hash, path: string, buffer: Buffer, checkpoint: () => Promise<void>): Promise<void> {
  try {
    const fd = openSync(path, 'r')
    try {
      for (let n = readSync(fd, buffer); n > 0; n = readSync(fd, buffer)) {
        hash.update(buffer.subarray(0, n))
        await checkpoint()
      }
    } finally {
      closeSync(fd)
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error
    throw unreadable(path, error)
  }
}
