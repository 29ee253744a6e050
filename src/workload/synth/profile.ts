/** What a profile of generated demand is. */

import type { EventWriter } from '../event-writer.js'
import type { Random } from '../random.js'
import type { Shape } from './shape.js'

export interface Profile {
  /** What it does, in half a line. */
  about: string
  /** Name → pages of the files that it reads. */
  files(shape: Shape): Record<string, number>
  /**
   * Writes the events step by step, setting the writer's time, which never decreases. It yields after at most a
   * few thousand events, so that the batch can be handed on.
   */
  steps(writer: EventWriter, shape: Shape, random: Random): Generator<void>
}
