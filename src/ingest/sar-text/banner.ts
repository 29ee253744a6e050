/** The first line of a recording: what host and kernel it is of. */

import type { Banner } from '../sysstat/sink.js'

const BANNER = /^Linux (\S+) \((.*?)\)\s+(\S.*?)(?:\s+_(\S+?)_)?(?:\s+\((\d+) CPUs?\))?\s*$/

/** `Linux RELEASE (HOST) DATE _ARCH_ (N CPU)`; the last two came with sysstat 8. */
export function readBanner(text: string): Banner | undefined {
  const m = BANNER.exec(text)
  if (m === null) return undefined
  return {
    kernel: m[1],
    host: m[2],
    date: m[3],
    ...(m[4] === undefined ? {} : { arch: m[4] }),
    ...(m[5] === undefined ? {} : { cpus: Number(m[5]) }),
  }
}
