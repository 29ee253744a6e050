/** `npm run fidelity`: replays the recordings, prints the comparison, writes REPORT.md. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { BASELINE, baselineOf, formatBaseline } from './baseline.js'
import { HERE } from './here.js'
import { judge } from './judge.js'
import { importRecordings, KEPT, listScenarios } from './recordings.js'
import { replayScenario } from './replay-scenario.js'
import { markdownOf, resultOf, type ScenarioResult, textOf, totalLine, totalOf } from './report.js'
import { seriesOf } from './series.js'

const HELP = `npm run fidelity -- [options]

  --only REGEX        scenarios whose name begins so
  --except REGEX      leave out scenarios whose name begins so
  --recordings DIR    recordings elsewhere: <scenario>/trace.ndjson.gz, run1/, run2/ …; REPORT.md is left alone
  --verbose           every counter, not only the worst
  --json              results as JSON on stdout
  --check             check the conservation laws while replaying
  --update            write baseline.json, by which the tests judge later changes
  --series SCENARIO   kernel/replay for each sample (with --recordings); --run run2, --columns a,b,c
  --import            take over the recordings of --recordings
`

const { values: o } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    except: { type: 'string', default: '(?!)' },
    recordings: { type: 'string' },
    verbose: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    update: { type: 'boolean', default: false },
    series: { type: 'string' },
    run: { type: 'string', default: 'run1' },
    columns: { type: 'string', default: '' },
    import: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const say = (text: string) => process.stdout.write(`${text}\n`)
const root = o.recordings ?? KEPT

const beginning = (regex: string) => new RegExp(`^(?:${regex})`)

async function compare(): Promise<void> {
  const skip = beginning(o.except)
  const scenarios = listScenarios(root, beginning(o.only)).filter((s) => !skip.test(s.name))
  const results: ScenarioResult[] = []
  for (const s of scenarios) {
    let result: ScenarioResult
    try {
      const { summary, victims } = await replayScenario(s, { check: o.check, sampleSeconds: o.check ? 0.5 : 0 })
      result = resultOf(
        s,
        judge(
          summary.counters,
          s.runs.map((r) => r.delta),
          s.spread,
        ),
        victims,
      )
    } catch (e) {
      result = { ...resultOf(s, [], []), failed: (e as Error).message }
      if (!o.json) process.stderr.write(`${(e as Error).stack}\n`)
    }
    results.push(result)
    if (!o.json) say(textOf(result, o.verbose))
  }
  if (o.json) say(JSON.stringify({ total: totalOf(results), results }, null, 1))
  else say(`TOTAL ${totalLine(results)}`)
  const whole = root === KEPT && o.only === '' && o.except === '(?!)'
  const singles = new Set(scenarios.filter((s) => s.runs.length < 2).map((s) => s.name))
  if (whole) writeFileSync(join(HERE, 'REPORT.md'), markdownOf(results, singles))
  if (o.update && !whole) throw new Error('--update needs all kept recordings')
  if (o.update) writeFileSync(BASELINE, formatBaseline(baselineOf(results)))
  if (results.some((r) => r.failed)) process.exitCode = 1
}

if (o.help) say(HELP)
else if (o.import) say(importRecordings(root).join('\n'))
else if (o.series) {
  const scenario = listScenarios(root).find((s) => s.name === o.series)
  if (!scenario) throw new Error(`no recording ${o.series} in ${root}`)
  say(await seriesOf(scenario, o.run, o.columns.split(',').filter(Boolean)))
} else await compare()
