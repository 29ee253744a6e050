/** What the comparison says, as text for a terminal and as REPORT.md. Nothing here depends on when or where it ran. */

import { type Judgement, type Summary, summarise } from './judge.js'
import type { Scenario } from './recordings.js'

export interface ScenarioResult {
  name: string
  judgements: Judgement[]
  victims: string[]
  /** Of each run of the kernel. */
  kernelVictims: string[][]
  /** Why it could not be replayed. */
  failed?: string
}

/** The kernel itself is of two minds there: one of its runs behaves otherwise altogether. Shown, not counted. */
export const NOT_COUNTED = ['l-numa-zrm1']

export function resultOf(s: Scenario, judgements: Judgement[], victims: string[]): ScenarioResult {
  return { name: s.name, judgements, victims, kernelVictims: s.runs.map((r) => r.victims) }
}

export function victimsAgree(r: ScenarioResult): boolean | null {
  if (r.victims.length === 0 && r.kernelVictims.every((v) => v.length === 0)) return null
  return r.kernelVictims.some((v) => v.join() === r.victims.join())
}

export interface Total extends Summary {
  oomAgree: number
  oomAll: number
}

export function totalOf(results: readonly ScenarioResult[]): Total {
  const counted = results.filter((r) => !NOT_COUNTED.includes(r.name))
  const oom = counted.map(victimsAgree).filter((v) => v !== null)
  return {
    ...summarise(counted.flatMap((r) => r.judgements)),
    oomAgree: oom.filter(Boolean).length,
    oomAll: oom.length,
  }
}

const percent = (n: number, of: number) => (of === 0 ? '–' : `${((100 * n) / of).toFixed(1)} %`)
const number = (n: number) => String(Math.round(n))

export function totalLine(results: readonly ScenarioResult[]): string {
  const t = totalOf(results)
  return (
    `close ${percent(t.close, t.judged)}, near ${percent(t.near, t.judged)} of ${t.judged} pairs; ` +
    `median error ${(100 * t.medianError).toFixed(1)} %; OOM victims agree in ${t.oomAgree} of ${t.oomAll} scenarios`
  )
}

function worst(r: ScenarioResult, n: number): Judgement[] {
  const off = r.judgements.filter((j) => j.verdict !== 'close')
  return off.sort((a, b) => b.error - a.error).slice(0, n)
}

/** One line a scenario; with `all`, one more for each counter. */
export function textOf(r: ScenarioResult, all: boolean): string {
  if (r.failed) return `${r.name.padEnd(24)} FAILED: ${r.failed}`
  const s = summarise(r.judgements)
  const agree = victimsAgree(r)
  const oom = agree === null ? '' : `  OOM ${agree ? 'agrees' : 'DIFFERS'}: ${r.victims} (kernel ${r.kernelVictims[0]})`
  const brief = worst(r, 3).map((j) => `${j.counter} ${j.replay} vs ${number(j.mean)}±${number(j.range / 2)}`)
  const head = `${r.name.padEnd(24)} close ${s.close}/${s.judged} near ${s.near}/${s.judged}${oom}`
  if (!all) return brief.length ? `${head}  worst: ${brief.join(', ')}` : head
  const rows = r.judgements.map(
    (j) =>
      `  ${j.counter.padEnd(28)} kernel ${number(j.mean).padStart(9)} ±${number(j.range / 2).padEnd(7)} ` +
      `replay ${number(j.replay).padStart(9)}  ${j.verdict}`,
  )
  return [head, ...rows].join('\n')
}

const INTRODUCTION = `# Replays against a real kernel

Written by \`npm run fidelity\`. Each scenario is an allocation trace that ran inside a real Linux 6.1 kernel, up to three
times. *Kernel* is the mean over the runs, *range* the highest run less the lowest (in brackets: one run only, the range
is what other scenarios show for this counter). A replay is **close** within 10 % of the mean, the kernel's own range or
64, whichever is largest; **near** within 25 % or twice the range; else **off**. Only counters that reach 64 are judged.
`

/** The whole report. */
export function markdownOf(results: readonly ScenarioResult[], singles: ReadonlySet<string>): string {
  const lines = [INTRODUCTION, `**Total:** ${totalLine(results)}.`]
  const apart = results.filter((r) => NOT_COUNTED.includes(r.name)).map((r) => `\`${r.name}\``)
  if (apart.length) lines.push(`\nShown but not counted, for the kernel itself is bimodal there: ${apart.join(', ')}.`)
  lines.push(
    '\n## Scenarios\n',
    '| scenario | close | near | judged | furthest off | OOM victims |',
    '|---|---:|---:|---:|---|---|',
  )
  for (const r of results) {
    const s = summarise(r.judgements)
    const far = worst(r, 2).map((j) => `\`${j.counter}\` ${number(j.replay)} for ${number(j.mean)}`)
    lines.push(`| ${r.name} | ${s.close} | ${s.near} | ${s.judged} | ${r.failed ?? far.join(', ')} | ${oomCell(r)} |`)
  }
  lines.push(
    '\n## Counters over all scenarios\n',
    '| counter | close | near | judged | median error |',
    '|---|---:|---:|---:|---:|',
  )
  const counted = results.filter((r) => !NOT_COUNTED.includes(r.name)).flatMap((r) => r.judgements)
  for (const counter of new Set(counted.map((j) => j.counter))) {
    const s = summarise(counted.filter((j) => j.counter === counter))
    lines.push(`| ${counter} | ${s.close} | ${s.near} | ${s.judged} | ${(100 * s.medianError).toFixed(1)} % |`)
  }
  for (const r of results) {
    lines.push(`\n## ${r.name}\n`, '| counter | kernel | range | replay | verdict |', '|---|---:|---:|---:|---|')
    for (const j of r.judgements) {
      const range = singles.has(r.name) ? `(${number(j.range)})` : number(j.range)
      lines.push(`| ${j.counter} | ${number(j.mean)} | ${range} | ${number(j.replay)} | ${verdictCell(j)} |`)
    }
  }
  return `${lines.join('\n')}\n`
}

const verdictCell = (j: Judgement) => (j.verdict === 'off' ? '**off**' : j.verdict)

function oomCell(r: ScenarioResult): string {
  const agree = victimsAgree(r)
  if (agree === null) return ''
  return agree
    ? `${r.victims.join(', ')}`
    : `**${r.victims.join(', ') || 'none'}**; kernel: ${r.kernelVictims[0].join(', ')}`
}
