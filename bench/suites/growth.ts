/** How much dearer an access gets as the machine grows: caches are as large as they are, whoever simulates. */

import { compileFullC } from '../baselines/full-c.js'
import type { Group } from '../measure.js'
import { LOADS } from '../traces/loads.js'
import { writeTrace } from '../traces/trace-files.js'
import { engine, fullRing, MISSING_C } from './replay.js'

/** Accesses enough to fill the memory of each and to go on for a while. */
const SIZES = { '64k': 10e6, '16m': 40e6 }
const loads = Object.entries(SIZES).flatMap(([size, accesses]) =>
  LOADS.filter(({ name }) => name === `zipf-10-${size}`).map((load) => ({ size, load: { ...load, accesses } })),
)

export const GROWTH: readonly Group[] = [
  {
    suite: 'growth',
    name: 'zipf-10-growth',
    about: 'zipf over 64 Ki and over 16 Mi pages, memory for 10 %',
    unit: 'page access',
    prepare: (context) => {
      for (const { load } of loads) writeTrace(load, context, true)
      if (MISSING_C === undefined) compileFullC(context.folder)
    },
    cases: loads.flatMap(({ size, load }) => [
      {
        name: `engine-${size}`,
        about: 'the model alone: what it does with each block once it is read',
        run: (c) => engine(load, c, false),
      },
      ...(MISSING_C === undefined
        ? [{ name: `full-ring-${size}`, about: 'the C program of ../shared/perf', run: fullRing.bind(null, load) }]
        : []),
    ]),
    ratios: [
      { of: 'engine-16m', to: 'engine-64k' },
      { of: 'full-ring-16m', to: 'full-ring-64k' },
      { of: 'engine-16m', to: 'engine-64k', against: ['full-ring-16m', 'full-ring-64k'], goal: 1.5 },
    ],
  },
]
