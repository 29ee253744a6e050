/** Events that set something while the machine runs: sysctls, and files of cgroups. */

import { InputError } from '../base/errors.js'
import { setMemcgFile } from '../mm/memcg.js'
import { isSysctlName } from '../mm/sysctl.js'
import { writeSysctl } from '../mm/sysctl-write.js'
import type { EventBatch } from '../trace/events.js'
import type { NamedObjects } from './named-objects.js'
import type { ProcessWorld } from './world.js'

export class Settings {
  constructor(
    private readonly world: ProcessWorld,
    private readonly named: NamedObjects,
  ) {}

  /** Makes the cgroup if it is new, and writes its files; those that are not modelled only warn. */
  cgroup(batch: EventBatch, i: number): void {
    const d = batch.detail.get(i)
    if (d?.op !== 'cgroup') return
    const memcg = this.named.memcgAt(d.cgroup)
    for (const [file, value] of Object.entries(d.set)) {
      if (!setMemcgFile(memcg, file, value)) this.world.warn(`cgroup file ${file} is not modelled`)
    }
    this.world.done.events++
  }

  /** @throws InputError TM_INPUT_VALUE for a value that the kernel would not take */
  sysctl(batch: EventBatch, i: number): void {
    const d = batch.detail.get(i)
    if (d?.op !== 'sysctl') return
    for (const [name, value] of Object.entries(d.set)) {
      if (!isSysctlName(name)) {
        this.world.warn(`sysctl ${name} is not modelled`)
        continue
      }
      const expected = writeSysctl(this.world.mm, name, value)
      if (expected !== null) {
        throw new InputError(`sysctl ${name} cannot be set`, {
          file: this.world.traceName,
          line: batch.lineOf(i),
          expected,
          found: String(value),
          code: 'TM_INPUT_VALUE',
        })
      }
    }
    this.world.done.events++
  }
}
