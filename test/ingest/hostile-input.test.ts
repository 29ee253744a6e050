import { describe, expect, it } from 'vitest'
import { sourceOf } from '../../src/base/byte-source.js'
import { openSource } from '../../src/ingest/registry.js'
import { eventsOf, failure, seriesOf } from './helpers.js'

const BANNER = 'Linux 5.4.0-42-generic (web1) \t07/14/20 \t_x86_64_\t(4 CPU)'
const PAGING = '  pgpgin/s pgpgout/s   fault/s  majflt/s  pgfree/s pgscank/s pgscand/s pgsteal/s    %vmeff'
const PAGING_ROW =
  '12:10:01         1.00      1.00    100.00      0.00    100.00      1.00      0.00      1.00    100.00'
const SAR = `${BANNER}\n\n12:00:01   ${PAGING}\n${PAGING_ROW}\n`
const SADF = '# hostname;interval;timestamp;pgpgin/s;pgpgout/s\nweb1;1;1590900000;1.00;1.00\n'
const NAMES = ' r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st'
const VMSTAT = `${NAMES}\n${' 1'.repeat(17)}\n${' 1'.repeat(17)}\n`
const HEADER = '{"trace":"allocation/1"}'
const SPAWN = '{"t":0,"op":"spawn","pid":1,"comm":"a"}'
const CSV = 't,op,pid,file,start,count,comm\n0,spawn,1,,,,a\n'

const GIB = 1 << 30
const TOO_LONG = 'line is longer than 16777216 bytes (expected text with line ends)'

/** Text, and then a gigabyte without a line end. */
async function* endless(text: string, filler: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
  const chunk = Buffer.alloc(1 << 20, filler)
  for (let i = 0; i < GIB; i += chunk.length) yield chunk
}

describe('a line of a gigabyte is refused before it fills the memory', () => {
  it.each([
    ['sar', SAR, '1', `input:5: ${TOO_LONG}`],
    ['sadf -d', SADF, '1', `input:3: ${TOO_LONG}`],
    ['vmstat', VMSTAT, '1', `input:4: ${TOO_LONG}`],
    ['an NDJSON trace', `${HEADER}\n${SPAWN}\n{"t":1,"op":"`, 'x', `input:3: ${TOO_LONG}`],
    ['a CSV trace', `${CSV}1,read,1,`, 'x', `input:3: ${TOO_LONG}`],
    [
      'a CSV trace, within quotes',
      `${CSV}1,read,1,"`,
      'xxxxxxx\n',
      expect.stringMatching(/^input:\d+: row is longer than 16777216 bytes$/),
    ],
    [
      'a JSON document, in a name',
      `{"header":${HEADER},"events":[${SPAWN},\n{"t":1,"op":"`,
      'x',
      'input:2: not valid JSON: a value is longer than 16777216 characters',
    ],
    [
      'a JSON document, in a list of pages',
      `{"header":${HEADER},"events":[${SPAWN},\n{"t":1,"op":"read","pid":1,"file":"f","pages":[1`,
      ',1',
      'input:2: not valid JSON: a value is longer than 16777216 characters',
    ],
  ])('%s', async (_, text, filler, message) => {
    const source = await sourceOf('input', endless(text, filler))
    const read = async (): Promise<void> => {
      const input = await openSource(source)
      for await (const _batch of input.batches() as AsyncIterable<unknown>);
    }
    expect((await failure(read())).message).toEqual(message)
    expect(source.delivered).toBeLessThan(64 << 20)
  })
})

describe('bytes that are no UTF-8', () => {
  const broken = (text: string): Buffer =>
    Buffer.from(text.replaceAll('\u00e4', '\u0001'), 'latin1').map((c) => (c === 1 ? 0xe4 : c)) as Buffer

  it.each([
    ['a host name of sar', SAR.replace('web1', 'w\u00e4b1')],
    ['a remark in vmstat', `${VMSTAT}# gr\u00e4\u00df\n${' 1'.repeat(17)}\n`],
  ])('are kept and reported: %s', async (_, text) => {
    const { issues } = await seriesOf(broken(text))
    expect(issues.find(({ code }) => code === 'not-utf8')).toMatchObject({
      line: text.split('\n').findIndex((line) => line.includes('\u00e4')) + 1,
      message: expect.stringMatching(/^1 lines are not valid UTF-8: /),
      action: 'kept',
    })
  })

  it('are refused where they name a file of a trace', async () => {
    expect((await failure(eventsOf(broken(`${CSV}1,read,1,gr\u00e4,0,1,\n`)))).message).toBe(
      'input:3: read: "file" is not valid UTF-8 (expected UTF-8 text, found "gr\ufffd")',
    )
  })
})

describe('sar without -B', () => {
  it('is read, and says what is missing and how to get it', async () => {
    const text = `${BANNER}\n\n12:00:01    kbmemfree kbmemused  %memused\n12:10:01      1000000   3000000     75.00\n`
    const { columns, issues } = await seriesOf(text)
    expect(columns).toMatchObject({ nr_free_pages: [250_000], mem_total: [1_000_000] })
    expect(issues).toContainEqual({
      file: 'input',
      code: 'no-paging-table',
      message:
        'no paging table (-B): scan and steal counts are not known. Run: sar -A -f /var/log/sa/saDD (or sar -B -r -S -W)',
      action: 'kept',
    })
  })
})
