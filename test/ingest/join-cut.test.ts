import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openInputs } from '../../src/ingest/registry.js'
import { type Cut, cutSeries, parseMoment } from '../../src/ingest/series/cut.js'
import type { CounterSeries } from '../../src/trace/series.js'
import { failure, type PlainSeries, plainSeries } from './helpers.js'

const folder = mkdtempSync(join(tmpdir(), 'tidemark-join-'))
afterAll(() => rmSync(folder, { recursive: true }))

interface Day {
  date: string
  host?: string
  kernel?: string
  /** Header, then rows; values are counted up. */
  times: string[]
}

let value = 0
function write(name: string, { date, host = 'web1', kernel = '5.4.0', times }: Day): string {
  const [header, ...rows] = times
  const banner = date === '' ? [] : [`Linux ${kernel} (${host}) \t${date} \t_x86_64_\t(2 CPU)`, '']
  const lines = [...banner, `${header} pswpin/s pswpout/s`, ...rows.map((t) => `${t} ${(++value).toFixed(2)} 0.00`), '']
  const path = join(folder, name)
  writeFileSync(path, lines.join('\n'))
  return path
}

async function joined(paths: string[], cut: Cut = {}): Promise<PlainSeries> {
  return plainSeries(cutSeries((await openInputs(paths)) as CounterSeries, cut))
}

describe('recordings of one host', () => {
  const one = { date: '2024-05-30', times: ['23:30:00', '23:40:00', '23:50:00'] }
  const two = { date: '2024-05-31', times: ['23:50:00', '00:00:00', '00:10:00'] }

  it('become one series in the order of their dates, whatever the order they are named in', async () => {
    const a = write('sa30', one)
    const b = write('sa31', { ...two, times: ['00:00:00', '00:10:00'] })
    const series = await joined([b, a])
    expect(series.t).toEqual([600, 1200, 2400])
    expect(series.segment).toEqual([0, 0, 0])
    expect(series.meta).toMatchObject({
      file: `${a} ${b}`,
      host: 'web1',
      startEpoch: Date.UTC(2024, 4, 30, 23, 30) / 1000,
    })
  })

  it('go on at the next time that the clock shows, where dates cannot be told', async () => {
    const paths = [write('a', { ...one, date: '' }), write('b', { ...two, date: '' })]
    const series = await joined(paths)
    expect(series.t).toEqual([600, 1200, 1800, 2400])
    expect(series.segment).toEqual([0, 0, 0, 0])
  })

  it('keep a sample once that both files have', async () => {
    const paths = [write('c', one), write('d', { date: '2024-05-30', times: ['23:40:00', '23:50:00', '00:00:00'] })]
    const series = await joined(paths)
    expect(series.t).toEqual([600, 1200, 1800])
    expect(series.issues.map((i) => `${i.code} ${i.action}`)).toContain('overlap dropped')
  })

  it('begin a segment behind a gap and under another kernel', async () => {
    const later = write('e', { date: '2024-06-02', times: ['10:00:00', '10:10:00'] })
    const series = await joined([write('f', one), later])
    expect(series.segment).toEqual([0, 0, 1])
    expect(series.issues.find((i) => i.code === 'gap')?.message).toBe('209400 s between this file and the one before')
    const kernel = await joined([
      write('g', one),
      write('h', { date: '2024-05-31', kernel: '5.4.1', times: ['23:50:00', '00:00:00'] }),
    ])
    expect(kernel.segment.at(-1)).toBe(1)
  })

  it('refuse another host, standard input and traces', async () => {
    const other = write('other', { ...two, host: 'web2' })
    expect((await failure(joined([write('i', one), other]))).message).toBe(
      `${other}: files of two hosts (expected host web1, found "web2")`,
    )
    expect((await failure(joined([other, '-']))).message).toBe('-: standard input cannot be joined with files')
    const trace = join(folder, 'trace')
    writeFileSync(trace, '{"trace":"allocation/1"}\n')
    expect((await failure(joined([other, trace]))).message).toBe(
      `${trace}: an allocation trace cannot be joined with other files`,
    )
  })
})

describe('a part of a recording', () => {
  const times = ['22:00:00', '22:10:00', '22:20:00', '22:30:00', '22:40:00']
  const path = (): string => write('cut', { date: '2024-05-30', times })
  const at = (text: string): ReturnType<typeof parseMoment> => parseMoment(text, '--from')

  it.each([
    [{ from: at('600') }, [600, 1200, 1800], 600],
    [{ from: at('10m'), to: at('30m') }, [600, 1200], 600],
    [{ to: at('0.5h') }, [600, 1200, 1800], 0],
    [{ from: at('22:20'), to: at('22:30:00') }, [600], 1200],
    [{ from: at('2024-05-30 22:20:00') }, [600, 1200], 1200],
    [{ from: at(`@${Date.UTC(2024, 4, 30, 22, 30) / 1000}`) }, [600], 1800],
    [{ from: at('22:15') }, [600, 1200], 1200],
    [{ from: at('9h') }, [], 0],
  ])('%j', async (cut, t, shift) => {
    const series = await joined([path()], cut)
    expect(series.t).toEqual(t)
    expect(series.meta.startEpoch).toBe(Date.UTC(2024, 4, 30, 22) / 1000 + shift)
  })

  it('needs a clock or a date where it is asked for by one', async () => {
    const plain = join(folder, 'vmstat')
    const names = ' r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st'
    writeFileSync(plain, [names, ...[1, 2, 3].map((n) => ` 1 0 0 ${n} 0 0 0 0 0 0 0 0 0 0 0 0 0`), ''].join('\n'))
    await expect(joined([plain], { from: at('22:00') })).rejects.toThrow('this recording has no clock')
    await expect(joined([plain], { from: at('2024-05-30') })).rejects.toThrow('this recording has no dates')
    expect(() => at('yesterday')).toThrow('--from: not a time: "yesterday"')
  })
})
