import { describe, expect, it } from 'vitest'
import { eventsOf, failure, openTrace } from './helpers.js'

const HEADER = '{"trace":"allocation/1","page_size":4096,"note":"by hand"}'
const START = [
  HEADER,
  '{"t":0,"op":"spawn","pid":7,"comm":"db"}',
  '{"t":0.1,"op":"mmap","pid":7,"region":"heap","kind":"anon","pages":100}',
]
const trace = (...lines: string[]): string => `${[...START, ...lines].join('\n')}\n`

describe('an NDJSON allocation trace', () => {
  it('gives its header and each event with serials, flags and lines', async () => {
    const text = [
      HEADER,
      '{"t":0,"op":"cgroup","cgroup":"/web","set":{"memory.max":104857600}}',
      '{"t":0,"op":"spawn","pid":1,"comm":"web","oom_score_adj":-5,"cgroup":"/web","cpu":1}',
      '{"t":0.1,"op":"mmap","pid":1,"region":"heap","kind":"anon","pages":4096}',
      '{"t":0.1,"op":"mmap","pid":1,"region":"map","kind":"file","pages":64,"file":"data.db","readahead":true}',
      '{"t":0.2,"op":"touch","pid":1,"region":"heap","start":0,"count":4096,"write":true}',
      '{"t":0.4,"op":"touch","pid":1,"region":"heap","pages":[5,9,1],"write":false}',
      '{"t":0.5,"op":"read","pid":1,"file":"other","start":8,"count":256,"readahead":true}',
      '{"t":0.5,"op":"write","pid":1,"file":"data.db","start":0,"count":1}',
      '{"t":0.6,"op":"fsync","pid":1,"file":"data.db"}',
      '{"t":0.9,"op":"madvise","pid":1,"region":"heap","start":0,"count":64,"advice":"pageout"}',
      '{"t":1,"op":"mlock","pid":1,"region":"heap","start":0,"count":16}',
      '{"t":1,"op":"munlock","pid":1,"region":"heap","start":0,"count":16}',
      '{"t":1.1,"op":"munmap","pid":1,"region":"heap"}',
      '{"t":1.2,"op":"exit","pid":1}',
      '{"t":1.3,"op":"sysctl","set":{"vm.swappiness":10}}',
      '{"t":1.4,"op":"spawn","pid":1,"comm":"again"}',
    ].join('\n')
    const opened = await openTrace(text)
    expect(opened.format).toBe('allocation-ndjson')
    expect(opened.header).toEqual({ trace: 'allocation/1', page_size: 4096, note: 'by hand' })
    const events = await eventsOf(text)
    expect(events.map((e) => [e.op, e.task, e.object, e.start, e.count, e.flags, e.line])).toEqual([
      ['cgroup', -1, -1, 0, 0, 0, 2],
      ['spawn', 0, -1, 0, 0, 0, 3],
      ['mmap', 0, 0, 0, 4096, 0, 4],
      ['mmap', 0, 1, 0, 64, 2, 5],
      ['touch', 0, 0, 0, 4096, 1, 6],
      ['touch', 0, 0, 0, 3, 0, 7],
      ['read', 0, 1, 8, 256, 2, 8],
      ['write', 0, 0, 0, 1, 0, 9],
      ['fsync', 0, 0, 0, 0, 0, 10],
      ['madvise', 0, 0, 0, 64, 3 << 4, 11],
      ['mlock', 0, 0, 0, 16, 0, 12],
      ['munlock', 0, 0, 0, 16, 0, 13],
      ['munmap', 0, 0, 0, 0, 0, 14],
      ['exit', 0, -1, 0, 0, 0, 15],
      ['sysctl', -1, -1, 0, 0, 0, 16],
      ['spawn', 1, -1, 0, 0, 0, 17],
    ])
    expect(events[0].detail).toEqual({ op: 'cgroup', cgroup: '/web', set: { 'memory.max': 104857600 } })
    expect(events[1].detail).toEqual({ op: 'spawn', pid: 1, comm: 'web', oom_score_adj: -5, cgroup: '/web', cpu: 1 })
    expect(events[3].detail).toEqual({
      op: 'mmap',
      region: 'map',
      kind: 'file',
      pages: 64,
      file: 'data.db',
      readahead: true,
    })
    expect(events[5].pages).toEqual([5, 9, 1])
    expect(events[14].detail).toEqual({ op: 'sysctl', set: { 'vm.swappiness': 10 } })
  })

  it('reads the same whatever the chunks, the blanks, the order of keys and the line ends', async () => {
    const plain = trace('{"t":0.25,"op":"touch","pid":7,"region":"heap","start":3,"count":4,"write":true}')
    const odd = trace(
      '  { "write" : true , "count":4,"start":3,\t"region":"heap", "pid":7,"op":"touch","t":0.25,"note":"x" }  ',
    )
    const expected = await eventsOf(plain)
    expect(await eventsOf(odd)).toEqual(expected)
    expect(await eventsOf(plain, 'input', 7)).toEqual(expected)
    expect(await eventsOf(plain.replaceAll('\n', '\r\n'))).toEqual(expected)
    expect(await eventsOf(`\ufeff${plain}`)).toEqual(expected)
    expect(await eventsOf(plain.trimEnd())).toEqual(expected)
  })

  it('reads names that need the slow way like those that do not', async () => {
    const text = [
      HEADER,
      '{"t":0,"op":"spawn","pid":7,"comm":"db"}',
      '{"t":0,"op":"mmap","pid":7,"region":"größe","kind":"anon","pages":9}',
      '{"t":0,"op":"touch","pid":7,"region":"gr\\u00f6\\u00dfe","start":0,"count":1}',
      '{"t":1e-3,"op":"touch","pid":7,"region":"größe","start":0,"count":1}',
    ].join('\n')
    const events = await eventsOf(text)
    expect(events.map((e) => [e.t, e.op, e.object])).toEqual([
      [0, 'spawn', -1],
      [0, 'mmap', 0],
      [0, 'touch', 0],
      [0.001, 'touch', 0],
    ])
  })

  it('fills several batches and keeps going', async () => {
    const lines = Array.from(
      { length: 10_000 },
      (_, i) => `{"t":${i},"op":"touch","pid":7,"region":"heap","start":${i % 100},"count":0}`,
    )
    const events = await eventsOf(trace(...lines.map((l) => l.replace('"t":0,', '"t":0.5,'))))
    expect(events.length).toBe(10_002)
    expect(events.at(-1)).toMatchObject({ t: 9999, start: 99, line: 10_003 })
  })
})

const BROKEN: [string, string[], string][] = [
  [
    'time going backwards',
    ['{"t":0.05,"op":"exit","pid":7}'],
    'input:4: exit: time goes backwards (expected t of at least 0.1, found "0.05")',
  ],
  [
    'an unknown op',
    ['{"t":1,"op":"mremap","pid":7}'],
    'input:4: unknown op (expected one of cgroup, sysctl, spawn, exit, mmap, munmap, touch, read, write, madvise, mlock, munlock, fsync, found "mremap")',
  ],
  [
    'no op',
    ['{"t":1,"pid":7}'],
    'input:4: event without "op" (expected one of cgroup, sysctl, spawn, exit, mmap, munmap, touch, read, write, madvise, mlock, munlock, fsync)',
  ],
  [
    'an unknown region',
    ['{"t":1,"op":"touch","pid":7,"region":"stack","start":0,"count":1,"write":true}'],
    'input:4: touch: unknown region (expected a region that pid 7 has mapped: heap, found "stack")',
  ],
  [
    'an unknown process',
    ['{"t":1,"op":"touch","pid":8,"region":"heap","start":0,"count":1,"write":true}'],
    'input:4: touch: no such process (expected the pid of a process spawned before, found "pid 8")',
  ],
  [
    'a process that exited',
    ['{"t":1,"op":"exit","pid":7}', '{"t":1,"op":"read","pid":7,"file":"f","start":0,"count":1}'],
    'input:5: read: this pid has exited (expected no event of a pid after its exit, found "pid 7")',
  ],
  [
    'a pid that is alive',
    ['{"t":1,"op":"spawn","pid":7,"comm":"b"}'],
    'input:4: spawn: this pid is still running (expected the pid of no live process, found "pid 7")',
  ],
  [
    'a region mapped twice',
    ['{"t":1,"op":"mmap","pid":7,"region":"heap","kind":"anon","pages":1}'],
    'input:4: mmap: this region is mapped already (expected a name that pid 7 does not use now, found "heap")',
  ],
  [
    'a region after munmap',
    [
      '{"t":1,"op":"munmap","pid":7,"region":"heap"}',
      '{"t":1,"op":"touch","pid":7,"region":"heap","start":0,"count":1}',
    ],
    'input:5: touch: unknown region (expected a region that pid 7 has mapped: no region is mapped, found "heap")',
  ],
  [
    'a page outside',
    ['{"t":1,"op":"touch","pid":7,"region":"heap","start":90,"count":11}'],
    'input:4: touch: page outside of the region (expected pages 0 to 99 of heap, found "start 90, count 11")',
  ],
  [
    'a listed page outside',
    ['{"t":1,"op":"touch","pid":7,"region":"heap","pages":[1,100]}'],
    'input:4: touch: page outside of the region (expected pages 0 to 99 of heap, found "page 100")',
  ],
  [
    'a negative count',
    ['{"t":1,"op":"read","pid":7,"file":"f","start":0,"count":-1}'],
    'input:4: read: "count" has a wrong value (expected an integer from 0 on, found "-1")',
  ],
  [
    'a fraction of a page',
    ['{"t":1,"op":"read","pid":7,"file":"f","start":0.5,"count":1}'],
    'input:4: read: "start" has a wrong value (expected an integer from 0 on, found "0.5")',
  ],
  [
    'a negative page in a list',
    ['{"t":1,"op":"read","pid":7,"file":"f","pages":[3,-1]}'],
    'input:4: read: "pages" holds what is not a page number (expected integers from 0 to 4294967295, found "-1")',
  ],
  [
    'no pages at all',
    ['{"t":1,"op":"read","pid":7,"file":"f"}'],
    'input:4: read: no pages given (expected "start" and "count", or "pages")',
  ],
  [
    'a missing count',
    ['{"t":1,"op":"read","pid":7,"file":"f","start":1}'],
    'input:4: read: "count" is missing (expected an integer from 0 on)',
  ],
  [
    'pages beside start',
    ['{"t":1,"op":"read","pid":7,"file":"f","start":1,"pages":[1]}'],
    'input:4: read: "pages" beside "start" or "count" (expected one of both)',
  ],
  [
    'a missing field',
    ['{"t":1,"op":"touch","pid":7,"start":0,"count":1}'],
    'input:4: touch: "region" is missing (expected a text that is not empty)',
  ],
  [
    'a field of another type',
    ['{"t":1,"op":"touch","pid":"7","region":"heap","start":0,"count":1}'],
    'input:4: touch: "pid" has a wrong value (expected an integer from 0 on, found "7")',
  ],
  [
    'a file mapping without a file',
    ['{"t":1,"op":"mmap","pid":7,"region":"m","kind":"file","pages":1}'],
    'input:4: mmap: "file" is missing (expected the name of the mapped file)',
  ],
  [
    'an unknown kind',
    ['{"t":1,"op":"mmap","pid":7,"region":"m","kind":"huge","pages":1}'],
    'input:4: mmap: unknown kind (expected anon, file or shmem, found "huge")',
  ],
  [
    'a mapping of nothing',
    ['{"t":1,"op":"mmap","pid":7,"region":"m","kind":"anon","pages":0}'],
    'input:4: mmap: "pages" is not a size (expected 1 to 2147483647 pages, found "0")',
  ],
  [
    'an unknown advice',
    ['{"t":1,"op":"madvise","pid":7,"region":"heap","start":0,"count":1,"advice":"free2"}'],
    'input:4: madvise: unknown advice (expected dontneed, free, cold, pageout, found "free2")',
  ],
  [
    'a wrong oom_score_adj',
    ['{"t":1,"op":"spawn","pid":9,"comm":"x","oom_score_adj":1001}'],
    'input:4: spawn: "oom_score_adj" has a wrong value (expected an integer from -1000 to 1000, found "1001")',
  ],
  [
    'a setting that is no value',
    ['{"t":1,"op":"sysctl","set":{"vm.swappiness":null}}'],
    'input:4: sysctl: "set" has a wrong value (expected an object of names to numbers or texts, found "{\\"vm.swappiness\\":null}")',
  ],
  [
    'what is not JSON',
    ['{"t":1,"op":"tou'],
    'input:4: not valid JSON: Unterminated string at character 16 (expected one JSON object a line, found "{\\"t\\":1,\\"op\\":\\"tou")',
  ],
  ['what is no object', ['[1,2]'], 'input:4: not an event (expected {"t":…,"op":…}, found "[1,2]")'],
]

describe('a broken NDJSON trace names its line and says', () => {
  it.each(BROKEN)('%s', async (_, lines, message) => {
    expect((await failure(eventsOf(trace(...lines)))).message).toBe(message)
  })

  it('when a name is not UTF-8', async () => {
    const text = Buffer.from(trace('{"t":1,"op":"read","pid":7,"file":"gr\u00fc","start":0,"count":1}'), 'latin1')
    expect(await failure(eventsOf(text))).toEqual({
      code: 'TM_INPUT_VALUE',
      message: 'input:4: read: "file" is not valid UTF-8 (expected UTF-8 text, found "gr\ufffd")',
    })
  })

  it('when the header is missing, of another version or wrong', async () => {
    expect((await failure(eventsOf('{"t":0,"op":"exit","pid":1}\n'))).message).toBe(
      'input:1: the header names no known trace version (expected "trace":"allocation/1", found "no \\"trace\\"")',
    )
    expect((await failure(eventsOf('{"trace":"allocation/2"}\n'))).message).toBe(
      'input:1: the header names no known trace version (expected "trace":"allocation/1", found "allocation/2")',
    )
    expect((await failure(eventsOf('{"trace":"allocation/1","page_size":1000}\n'))).message).toBe(
      'input:1: "page_size" is not the size of a page (expected one of 4096, 8192, 16384, 32768, 65536, found "1000")',
    )
  })

  it('when a line never ends', async () => {
    const endless = `${trace()}{"t":1,"op":"read","file":"${'x'.repeat(17 << 20)}`
    expect((await failure(eventsOf(endless))).message).toBe(
      'input:4: line is longer than 16777216 bytes (expected text with line ends)',
    )
  })
})
