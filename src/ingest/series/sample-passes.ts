/**
 * Passes over all samples of a recording by vector instructions. Each is done once: in plain JavaScript most of a pass
 * would be over before it is compiled.
 */

import {
  advance,
  assemble,
  branchIf,
  type Code,
  get,
  I32,
  i32,
  load,
  loadDouble,
  loadWord,
  repeat,
  set,
  simd,
  store,
  tee,
  V128,
  VECTOR_BYTES,
  type WasmFunction,
  wasm,
} from '../../base/wasm.js'

/** Samples that are copied into the memory at once. */
const PART = 4096
/** Fewer samples than that are gone through sooner than a module is compiled. */
const WORTH_IT = 2 * PART

/** Words and doubles at the beginning of the memory, bytes; columns behind them. */
const AT = {
  end: 0,
  by: 8,
  slack: 16,
  enough: 24,
  kswapd: 32,
  direct: 48,
  scanned: 64,
  stolen: 80,
  beyond: 96,
} as const
const column = (k: number): number => 1024 + k * 8 * PART
const PAGE_BYTES = 65_536

const LESS = [0x49]
const SPLAT = simd(0x14)
const [AND, OR] = [simd(0x4e), simd(0x50)]
const [EQUAL, ABOVE, NOT_BELOW] = [simd(0x47), simd(0x4a), simd(0x4c)]
const [PLUS, MINUS, TIMES] = [simd(0xf0), simd(0xf1), simd(0xf2)]

const fetchDouble = (at: number): Code => [i32(0), loadDouble(at), SPLAT]
const keep = (at: number, from: number): Code => [i32(0), get(from), store(at)]
const restore = (at: number, to: number): Code => [i32(0), load(at), set(to)]

/** Repeats `body` for two samples each; local 0 is their place, local 1 the end. */
const overSamples = (...body: Code): Code => [
  [i32(0), loadWord(AT.end), set(1)],
  repeat(...body, [advance(0, VECTOR_BYTES), get(0), get(1), LESS, branchIf(0)]),
]

/** `shift()`: takes a number off the first column. */
const SHIFT: WasmFunction = {
  name: 'shift',
  parameters: [],
  locals: [I32, I32, V128],
  body: [[fetchDouble(AT.by), set(2)], overSamples([get(0), get(0), load(column(0)), get(2), MINUS, store(column(0))])],
}

/** `balance()`: adds up the samples of three columns, scanned by kswapd, directly, and stolen; all known, or none counts. */
function balanceFunction(): WasmFunction {
  const [slack, enough, kswapd, direct, scanned, stolen, beyond, pages, taken, known] = [2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
  const sums: [number, number][] = [
    [AT.kswapd, kswapd],
    [AT.direct, direct],
    [AT.scanned, scanned],
    [AT.stolen, stolen],
    [AT.beyond, beyond],
  ]
  const add = (sum: number, value: Code): Code => [[get(sum), value, get(known), AND, PLUS, set(sum)]]
  const of = (k: number): Code => [get(0), load(column(k))]
  return {
    name: 'balance',
    parameters: [],
    locals: [I32, I32, ...Array<number>(10).fill(V128)],
    body: [
      [fetchDouble(AT.slack), set(slack), fetchDouble(AT.enough), set(enough)],
      sums.flatMap(([at, local]) => restore(at, local)),
      overSamples(
        [of(0), of(1), PLUS, tee(pages), get(pages), EQUAL],
        [of(2), tee(taken), get(taken), EQUAL, AND, set(known)],
        [add(kswapd, of(0)), add(direct, of(1)), add(scanned, get(pages)), add(stolen, get(taken))],
        [get(taken), get(pages), get(slack), TIMES, ABOVE, get(pages), get(enough), NOT_BELOW],
        [AND, get(beyond), OR, set(beyond)],
      ),
      sums.flatMap(([at, local]) => keep(at, local)),
    ],
  }
}

/** What was scanned and stolen in all samples that tell both, added up in two halves. */
export interface Totals {
  kswapd: number
  direct: number
  scanned: number
  stolen: number
  /** A sample with `enough` scanned pages has more than `slack` times as many stolen ones. */
  beyond: boolean
}

type Functions = Record<'shift' | 'balance', () => void>

class SamplePasses {
  private readonly functions: Functions
  private readonly doubles: Float64Array
  private readonly words: Int32Array
  private readonly columns: readonly Float64Array[]

  constructor() {
    const memory = new wasm.Memory({ initial: Math.ceil(column(3) / PAGE_BYTES) })
    const { exports } = new wasm.Instance(assemble([SHIFT, balanceFunction()]), { m: { m: memory } })
    this.functions = exports as Functions
    this.words = new Int32Array(memory.buffer)
    this.doubles = new Float64Array(memory.buffer)
    this.columns = [0, 1, 2].map((k) => new Float64Array(memory.buffer, column(k), PART))
  }

  /** Takes `by` off up to {@link PART} values. */
  shift(values: Float64Array, by: number): void {
    this.doubles[AT.by / 8] = by
    this.words[AT.end / 4] = 8 * values.length
    this.columns[0].set(values)
    this.functions.shift()
    values.set(this.columns[0].subarray(0, values.length))
  }

  totals(columns: readonly Float64Array[], n: number, enough: number, slack: number): Totals {
    const { doubles } = this
    doubles.fill(0, AT.kswapd / 8, AT.beyond / 8 + 2)
    doubles[AT.enough / 8] = enough
    doubles[AT.slack / 8] = slack
    for (let from = 0; from < n; from += PART) {
      const to = Math.min(from + PART, n)
      columns.forEach((values, k) => {
        this.columns[k].set(values.subarray(from, to))
        // The last vector has nothing in its second half.
        if ((to - from) % 2 === 1) this.columns[k][to - from] = Number.NaN
      })
      this.words[AT.end / 4] = 8 * (to - from)
      this.functions.balance()
    }
    const sum = (at: number): number => doubles[at / 8] + doubles[at / 8 + 1]
    return {
      kswapd: sum(AT.kswapd),
      direct: sum(AT.direct),
      scanned: sum(AT.scanned),
      stolen: sum(AT.stolen),
      beyond: this.words.subarray(AT.beyond / 4, AT.beyond / 4 + 4).some((bits) => bits !== 0),
    }
  }
}

let passes: SamplePasses | undefined | 'none'

/** The passes, where they are worth it for `n` samples and there are vector instructions. */
export function samplePasses(n: number): SamplePasses | undefined {
  if (n < WORTH_IT) return undefined
  try {
    passes ??= new SamplePasses()
  } catch {
    passes = 'none'
  }
  return passes === 'none' ? undefined : passes
}
