/** What the operating system says of a file that cannot be written, in words. */

import { EXIT, TidemarkError } from '../base/errors.js'

/** Codes of open(2) and write(2). */
const REASONS: Record<string, string> = {
  EACCES: 'no permission to write here',
  EPERM: 'no permission to write here',
  EROFS: 'the file system is mounted read-only',
  ENOENT: 'no such folder',
  ENOTDIR: 'a part of the path is not a folder',
  EISDIR: 'this is a folder',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'too many symbolic links',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file may not grow any further',
  EIO: 'the device reports an error',
  EPIPE: 'nobody reads it any more',
}

/** The error for a recording that cannot be written, with exit status 4. */
export function outputError(path: string, error: unknown, hint?: string): TidemarkError {
  if (error instanceof TidemarkError) return error
  const code = (error as { code?: string }).code ?? ''
  const reason = REASONS[code] ?? `cannot be written: ${code === '' ? String(error) : code}`
  return new TidemarkError('TM_OUTPUT', `${path}: ${reason}`, EXIT.store, hint)
}

/** The same in our words. */
export function outputProblem(path: string, problem: string, hint?: string): TidemarkError {
  return new TidemarkError('TM_OUTPUT', `${path}: ${problem}`, EXIT.store, hint)
}
