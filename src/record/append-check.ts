/** Whether a file is a recording that can be gone on with. */

import { type ByteSource, openBytes } from '../base/byte-source.js'
import { UsageError } from '../base/errors.js'
import { RECORDING_FORMAT, RECORDING_START } from '../trace/recording-format.js'

const LF = 10

/**
 * Looks at a file before it is appended to. A gzip file is read to its end: behind damaged data nothing could be read.
 * @param host name of this host, where it is known
 * @returns text to begin with: a line feed where the last line was cut off
 * @throws UsageError where it is no recording, one of another host or version, or not what its name says
 * @throws InputError where it cannot be read or is damaged
 */
export async function checkAppendable(path: string, host: string | undefined): Promise<string> {
  const source = await openBytes(path)
  try {
    checkHead(source, path, host)
    let last = LF
    for await (const chunk of source.chunks()) last = chunk[chunk.length - 1]
    return last === LF ? '' : '\n'
  } finally {
    await source.close()
  }
}

function checkHead(source: ByteSource, path: string, host: string | undefined): void {
  const head = source.head.toString('utf8')
  if (!RECORDING_START.test(head)) {
    throw new UsageError(
      `${path} is no recording of tidemark`,
      '--append goes on with a recording; give another name for a new one.',
    )
  }
  const stated = (name: string): string | undefined => new RegExp(`"${name}":"([^"]*)"`).exec(head)?.[1]
  const version = stated('recording')
  if (version !== RECORDING_FORMAT)
    throw new UsageError(`${path} has format ${version}, this tidemark writes ${RECORDING_FORMAT}`)
  const other = stated('host')
  if (host !== undefined && other !== undefined && other !== host) {
    throw new UsageError(`${path} was recorded on ${other}, this is ${host}`, 'One file holds one host.')
  }
  if (source.gzip !== path.endsWith('.gz')) {
    throw new UsageError(
      `${path}: ${source.gzip ? 'gzip data, but the name does not end in .gz' : 'named .gz, but holds no gzip data'}`,
    )
  }
}
