/** The profiles of generated demand, by name. */

import { anonGrowth } from './anon-growth.js'
import { burst } from './burst.js'
import { churn } from './churn.js'
import { leak } from './leak.js'
import type { Profile } from './profile.js'
import { streamingReads } from './streaming-reads.js'
import { zipf } from './working-set.js'

export const PROFILES = {
  'anon-growth': anonGrowth,
  'streaming-reads': streamingReads,
  zipf,
  burst,
  leak,
  churn,
} satisfies Record<string, Profile>

export type ProfileName = keyof typeof PROFILES
export const PROFILE_NAMES = Object.keys(PROFILES) as ProfileName[]
