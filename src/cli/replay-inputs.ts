/** Which of the files on a command line belong to one run. */

import { openBytes } from '../base/byte-source.js'
import { headOf, recognise } from '../ingest/registry.js'

/**
 * Each allocation trace is a run of its own; all recordings of counters together are one series, and so one run.
 * Standard input can be looked at only once, so it is taken for a trace of its own among several.
 * @throws InputError for a file that cannot be read or is of no known format
 */
export async function groupInputs(paths: readonly string[]): Promise<string[][]> {
  if (paths.length === 1) return [[paths[0]]]
  const groups: string[][] = []
  let series: string[] | undefined
  for (const path of paths) {
    if (path !== '-' && (await kindOf(path)) === 'series') {
      if (series === undefined) groups.push((series = []))
      series.push(path)
    } else groups.push([path])
  }
  return groups
}

async function kindOf(path: string): Promise<'allocation' | 'series'> {
  const source = await openBytes(path)
  try {
    return recognise(headOf(source)).kind
  } finally {
    await source.close()
  }
}
