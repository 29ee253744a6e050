/** Sizes as people write them: `16G`, `512M`, `1.5GiB`, `2048K`. */
import { UsageError } from '../base/errors.js'

const KB: Record<string, number> = { K: 1, M: 1024, G: 1024 ** 2, T: 1024 ** 3 }

/**
 * A size in KiB. K, M, G and T are powers of 1024, with or without `iB` or `B`.
 *
 * @param option name of the option, for the message
 * @throws UsageError when the text is no size
 */
export function parseSizeKb(text: string, option: string): number {
  const m = /^(\d+(?:\.\d+)?)\s*([KMGT])(?:i?B)?$/i.exec(text.trim())
  if (m) return Math.floor(Number(m[1]) * KB[m[2].toUpperCase()])
  if (/^0+$/.test(text.trim())) return 0
  throw new UsageError(`${option}: ${JSON.stringify(text)} is not a size`, 'write it as 512M, 16G or 1.5T')
}
