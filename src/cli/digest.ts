/** Digest of what a file holds: by it runs of one trace find each other, whatever it was called. */

import { createHash, type Hash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { unreadable } from '../base/byte-source.js'
import { TmkFile } from '../trace/tmk/file.js'
import { MAGIC } from '../trace/tmk/layout.js'
import { isTmk } from '../trace/tmk/parts.js'
import { canReadTwice } from './file-sizes.js'

/**
 * `sha256:…` of the bytes of files as they lie on disk, one after another; undefined where one is no regular file, and
 * so cannot be read twice. Of a `.tmk` file only header, index and end mark count: with the checksums of its blocks,
 * which the replay verifies, and a fraction of the time that hashing the blocks takes.
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
      if (isTmk(buffer.subarray(0, readSync(fd, buffer, 0, MAGIC.length, 0)))) return updateTmk(hash, path)
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

function updateTmk(hash: Hash, path: string): void {
  const file = TmkFile.open(path)
  try {
    for (const part of file.frame()) hash.update(part)
  } finally {
    file.close()
  }
}
