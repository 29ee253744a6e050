/**
 * The verdicts that stand: no pair of scenario and counter may become worse than what is written here.
 *
 * `baseline.json` holds for each scenario the counters that are *near* and *off*, and the victims; all others are close
 * (or not judged, which a change may also make them: below the floor both agree). The tolerances are those of
 * `judge.ts`, so they come from the kernel's own range. `npm run fidelity -- --update` writes the file anew; a diff that
 * only removes entries is progress, one that adds entries has to be explained in the commit.
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { HERE } from './here.js'
import type { Judgement } from './judge.js'
import type { ScenarioResult } from './report.js'

export const BASELINE = join(HERE, 'baseline.json')

export interface ScenarioBaseline {
  near: string[]
  off: string[]
  victims: string[]
}

export type Baseline = Record<string, ScenarioBaseline>

export function baselineOf(results: readonly ScenarioResult[]): Baseline {
  const out: Baseline = {}
  for (const r of results) {
    const named = (v: Judgement['verdict']) => r.judgements.filter((j) => j.verdict === v).map((j) => j.counter)
    out[r.name] = { near: named('near'), off: named('off'), victims: r.victims }
  }
  return out
}

export function formatBaseline(baseline: Baseline): string {
  const lines = Object.entries(baseline).map(([name, b]) => `${JSON.stringify(name)}: ${JSON.stringify(b)}`)
  return `{\n${lines.join(',\n')}\n}\n`
}

export function readBaseline(): Baseline {
  return JSON.parse(readFileSync(BASELINE, 'utf8'))
}

/** What became worse: one line each, empty when nothing did. */
export function worseThan(result: ScenarioResult, before: ScenarioBaseline): string[] {
  if (result.failed) return [`could not be replayed: ${result.failed}`]
  const out: string[] = []
  for (const j of result.judgements) {
    const was = before.off.includes(j.counter) ? 2 : before.near.includes(j.counter) ? 1 : 0
    const is = ['close', 'near', 'off'].indexOf(j.verdict)
    if (is > was) {
      const words = ['close', 'near']
      out.push(
        `${j.counter} was ${words[was]} and is ${j.verdict}: ${j.replay}, kernel ${Math.round(j.mean)} (range ${Math.round(j.range)})`,
      )
    }
  }
  if (before.victims.join() !== result.victims.join()) {
    out.push(`OOM victims were ${before.victims.join(', ')} and are ${result.victims.join(', ')}`)
  }
  return out
}
