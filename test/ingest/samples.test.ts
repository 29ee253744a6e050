import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { InputError } from '../../src/base/errors.js'
import { inspectInput } from '../../src/ingest/inspect.js'
import { SHARED } from './helpers.js'

/**
 * Recordings that others posted in public, beside the repository. What an independent reader found in each stands in
 * expected.json; the report of `inspect` has the same names and has to say the same.
 */
describe.skipIf(SHARED === undefined)('every sample gives what an independent reader found', () => {
  const samples = `${SHARED}samples/`
  const expected: Record<string, Record<string, unknown>> = SHARED === undefined
    ? {}
    : JSON.parse(readFileSync(`${samples}expected.json`, 'utf8'))

  it.each(Object.keys(expected))('%s', async (name) => {
    const { must, error, ...known } = expected[name]
    if (must !== undefined) {
      const refusal = await inspectInput(samples + name).then(
        (r) => r.error,
        (thrown: InputError) => thrown,
      )
      expect(refusal?.code).toMatch(/^TM_INPUT_/)
      return
    }
    const report = await inspectInput(samples + name)
    expect(differences(known, report)).toEqual([])
    // Of JSON that is not valid the reader only says that; ours says it and goes on.
    if (error !== undefined) expect(report).toMatchObject({ valid_json: false, issues: [{ action: 'repaired' }] })
  })
})

if (SHARED === undefined) console.log('skipped: ../shared/samples is not there')

/** Where `actual` does not say what `expected` says; it may say more. */
function differences(expected: unknown, actual: unknown, path = ''): string[] {
  if (typeof expected === 'number' && typeof actual === 'number') {
    return Math.abs(expected - actual) <= 1e-9 * Math.max(1, Math.abs(expected))
      ? []
      : [`${path}: ${expected} ≠ ${actual}`]
  }
  if (typeof expected !== 'object' || expected === null) {
    return expected === actual ? [] : [`${path}: ${JSON.stringify(expected)} ≠ ${JSON.stringify(actual)}`]
  }
  if (typeof actual !== 'object' || actual === null) return [`${path}: missing`]
  if (Array.isArray(expected) && expected.length !== (actual as unknown[]).length) return [`${path}: length`]
  return Object.entries(expected).flatMap(([key, value]) =>
    differences(value, (actual as Record<string, unknown>)[key], `${path}.${key}`),
  )
}
