import type { MmConfig } from '../../mm/config.js'

/** To be measured. */
export function sampleError(_config: MmConfig, _every: number): number {
  return 0.05
}
