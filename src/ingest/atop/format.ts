/**
 * `atop -P MEM,PAG,SWP`: a line a label and interval, `LABEL host epoch date time interval values…` (atop parseable.c).
 * Blocks end with `SEP`; the block after `RESET` covers the time since boot.
 */

import type { SeriesFormat } from '../format.js'
import { BaseSamples } from '../series/base-samples.js'
import { TextLines } from '../text/text-lines.js'

const LINE =
  /^(MEM|PAG|SWP|PSI|CPU|CPL|cpu|DSK|NET|LVM|MDD|PRG|PRC|PRM|PRD|PRN) \S+ \d{9,11} \d{4}\/\d{2}\/\d{2} \d{2}:\d{2}:\d{2} \d+ /

export const atopParseable: SeriesFormat = {
  name: 'atop-P',
  kind: 'series',
  describe: 'atop -P MEM,PAG,SWP',
  detect: ({ lines }) =>
    lines.filter((line) => LINE.test(line)).length >= 2 && lines.some((line) => line === 'SEP' || line === 'RESET'),
  reader: (source, options) => new AtopSamples(source, options, 'atop-P', 'atop'),
}

/** Values behind `host epoch date time interval` of the lines that are read. */
const PAG = { scans: 1, stalls: 2, swapIns: 4, swapOuts: 5, oomKills: 6, pageIns: 10, pageOuts: 11 }
const MEM = { total: 1, free: 2, cache: 3, buffers: 4, slab: 5, dirty: 6 }
const SWP = { total: 1, free: 2 }

class AtopSamples extends BaseSamples {
  private lineCount = 0
  private firstLine = ''
  private rows = 0
  private readonly labels: Record<string, number> = {}
  private sinceBoot = false
  private paging = 0

  report(): Record<string, unknown> {
    return { lines: this.lineCount, first_line: this.firstLine, rows: this.rows, labels: this.labels }
  }

  async *read(): AsyncGenerator<void> {
    const lines = new TextLines(this.source)
    for await (const block of lines.blocks()) {
      for (let i = 0; i < block.length; i++) if (block[i] !== '') this.take(block[i], lines.line + i + 1)
      this.lineCount += block.length
      yield
    }
    if (this.store.length === 0) {
      throw this.refused('atop output without an interval of MEM or PAG', 'Run: atop -P MEM,PAG,SWP -r FILE')
    }
    if (this.paging === 0) this.issues.add('no-paging-table', 'no PAG lines: scans and swapping are not known', 'kept')
    this.closeSkipped('atop -P', this.lineCount, lines)
  }

  private take(text: string, line: number): void {
    if (line === 1) this.firstLine = text.slice(0, 120)
    if (text === 'RESET') this.sinceBoot = true
    if (text === 'RESET') return
    if (text === 'SEP') {
      this.sinceBoot = false
      return
    }
    const words = text.split(/\s+/)
    if (!LINE.test(`${text} `)) {
      this.skip(text, line)
      return
    }
    this.labels[words[0]] = (this.labels[words[0]] ?? 0) + 1
    this.rows++
    if (this.meta.host === undefined) this.meta.host = words[1]
    if (words[1] !== this.meta.host)
      throw this.broken('two hosts in one file', line, `host ${this.meta.host}`, words[1])
    if (this.sinceBoot) {
      if (words[0] === 'PAG')
        this.issues.add('since-boot-row', 'first block after RESET: covers the time since boot', 'dropped', line)
      return
    }
    if (words[0] === 'PAG' || words[0] === 'MEM' || words[0] === 'SWP') this.values(words[0], words, line)
  }

  private values(label: string, words: string[], line: number): void {
    const values = words.slice(6).map(Number)
    const pageSize = values[0]
    if (!(pageSize >= 1024 && pageSize <= 1 << 20))
      throw this.broken('not the size of a page', line, '4096 or another', words[6])
    const interval = Number(words[5])
    const at = (i: number): number => {
      if (Number.isNaN(values[i]))
        throw this.broken('a value is missing or no number', line, `value ${i + 1} of ${label}`, words[6 + i] ?? '')
      return values[i]
    }
    const end = Number(words[2])
    if (this.meta.startEpoch === undefined) this.meta.startEpoch = end - interval
    const i = this.store.sample(0, end, interval > 0 ? interval : Number.NaN, line)
    const set = (column: Parameters<typeof this.store.set>[1], value: number): void =>
      this.store.set(i, column, value, 'plain')
    // Pages of the host are turned into pages of the series, should the caller have named another size.
    const pages = (value: number): number => (value * pageSize * this.pagesPerKb) / 1024
    if (label === 'MEM') {
      set('mem_total', pages(at(MEM.total)))
      set('nr_free_pages', pages(at(MEM.free)))
      set('cached', pages(at(MEM.cache)))
      set('buffers', pages(at(MEM.buffers)))
      set('nr_slab', pages(at(MEM.slab)))
      set('nr_dirty', pages(at(MEM.dirty)))
    } else if (label === 'SWP') {
      set('swap_total', pages(at(SWP.total)))
      set('swap_used', pages(at(SWP.total) - at(SWP.free)))
    } else this.pagingRow(at, set, line)
  }

  private pagingRow(
    at: (i: number) => number,
    set: (
      column:
        | 'pgscan_kswapd'
        | 'pgscan_direct'
        | 'allocstall'
        | 'pswpin'
        | 'pswpout'
        | 'oom_kill'
        | 'pgpgin'
        | 'pgpgout',
      value: number,
    ) => void,
    line: number,
  ): void {
    this.paging++
    const scans = at(PAG.scans)
    const stalls = at(PAG.stalls)
    // One total of scans: without a stall all of it was kswapd's, with stalls nobody can tell the shares.
    if (stalls === 0) {
      set('pgscan_kswapd', scans)
      set('pgscan_direct', 0)
    } else {
      const message = `${scans} pages scanned, with ${stalls} allocation stalls: the share of kswapd is not known`
      this.issues.add('scan-total-only', message, 'dropped', line)
    }
    set('allocstall', stalls)
    set('pswpin', at(PAG.swapIns))
    set('pswpout', at(PAG.swapOuts))
    set('oom_kill', at(PAG.oomKills))
    set('pgpgin', at(PAG.pageIns))
    set('pgpgout', at(PAG.pageOuts))
  }
}
