import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CSV_COLUMNS } from '../../src/ingest/allocation/event-fields.js'
import { eventsOf, failure, openTrace, type PlainEvent } from './helpers.js'

type Fields = Record<string, unknown>

/** A random trace that holds together: processes come and go, regions are mapped before they are used. */
const traceArbitrary = fc
  .array(fc.tuple(fc.nat(11), fc.nat(5), fc.nat(3), fc.nat(40), fc.nat(40), fc.boolean()), { maxLength: 60 })
  .map(buildTrace)

function buildTrace(steps: [number, number, number, number, number, boolean][]): Fields[] {
  const events: Fields[] = []
  const live = new Map<number, Map<string, number>>()
  let t = 0
  for (const [kind, p, r, a, b, flag] of steps) {
    t += flag ? a / 8 : 0
    const pid = p + 1
    const regions = live.get(pid)
    if (regions === undefined) {
      live.set(pid, new Map())
      events.push({
        t,
        op: 'spawn',
        pid,
        comm: `p,${p}"`,
        ...(flag ? { oom_score_adj: a * 10 - 200, cgroup: '/a' } : {}),
      })
      continue
    }
    const region = `region ${r}`
    const size = regions.get(region)
    if (size === undefined || kind === 11) {
      if (size !== undefined) {
        events.push({ t, op: 'munmap', pid, region })
        regions.delete(region)
        continue
      }
      regions.set(region, 100)
      const file = flag ? { kind: 'file', file: `f${r}`, readahead: a > 20 } : { kind: a > 20 ? 'shmem' : 'anon' }
      events.push({ t, op: 'mmap', pid, region, pages: 100, ...file })
      continue
    }
    const range = flag ? { start: a, count: b } : { pages: Array.from({ length: b % 5 }, (_, i) => (a + i * 7) % 100) }
    if (kind < 4) events.push({ t, op: 'touch', pid, region, ...range, write: a > 20 })
    else if (kind < 6)
      events.push({
        t,
        op: kind === 4 ? 'read' : 'write',
        pid,
        file: `f${r}`,
        ...range,
        ...(a > 30 ? { readahead: true } : {}),
      })
    else if (kind === 6)
      events.push({
        t,
        op: 'madvise',
        pid,
        region,
        start: a,
        count: b,
        advice: ['dontneed', 'free', 'cold', 'pageout'][r],
      })
    else if (kind === 7) events.push({ t, op: flag ? 'mlock' : 'munlock', pid, region, start: a, count: b })
    else if (kind === 8) events.push({ t, op: 'fsync', pid, file: `f${r}` })
    else if (kind === 9) events.push({ t, op: 'sysctl', set: { 'vm.swappiness': a } })
    else {
      events.push({ t, op: 'exit', pid })
      live.delete(pid)
    }
  }
  return events
}

const HEADER = { trace: 'allocation/1', page_size: 4096, machine: { memory_mb: 256 } }

function csv(events: Fields[]): string {
  const cell = (value: unknown): string => {
    if (value === undefined) return ''
    const text = Array.isArray(value)
      ? value.join(' ')
      : typeof value === 'object'
        ? JSON.stringify(value)
        : String(value)
    return /[",\n ]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  }
  const rows = events.map((e) => CSV_COLUMNS.map((name) => cell(e[name])).join(','))
  return [`# ${JSON.stringify(HEADER)}`, CSV_COLUMNS.join(','), ...rows].join('\n')
}

const ndjson = (events: Fields[]): string => [HEADER, ...events].map((e) => JSON.stringify(e)).join('\n')
const document = (events: Fields[], indent?: number): string => JSON.stringify({ header: HEADER, events }, null, indent)
const withoutLines = (events: PlainEvent[]): Omit<PlainEvent, 'line'>[] => events.map(({ line: _, ...rest }) => rest)

describe('the three written forms', () => {
  it('give the same events for any trace', async () => {
    await fc.assert(
      fc.asyncProperty(traceArbitrary, fc.integer({ min: 1, max: 200 }), async (events, size) => {
        // An empty list of pages cannot be told from no list in CSV.
        const usable = events.filter((e) => !Array.isArray(e.pages) || e.pages.length > 0)
        const reference = withoutLines(await eventsOf(ndjson(usable)))
        expect(reference.length).toBe(usable.length)
        expect(withoutLines(await eventsOf(ndjson(usable), 'input', size))).toEqual(reference)
        expect(withoutLines(await eventsOf(document(usable), 'input', size))).toEqual(reference)
        expect(withoutLines(await eventsOf(document(usable, 2), 'input', size))).toEqual(reference)
        expect(withoutLines(await eventsOf(csv(usable), 'input', size))).toEqual(reference)
      }),
      { numRuns: 60, seed: 20 },
    )
  })

  it('are told apart, and all give the header', async () => {
    const events = [{ t: 0, op: 'spawn', pid: 1, comm: 'a' }]
    for (const [text, format] of [
      [ndjson(events), 'allocation-ndjson'],
      [document(events), 'allocation-json'],
      [document(events, 2), 'allocation-json'],
      [csv(events), 'allocation-csv'],
    ]) {
      const opened = await openTrace(text)
      expect([opened.format, opened.header]).toEqual([format, HEADER])
    }
  })
})

describe('a JSON document', () => {
  const spawn = '{"t":0,"op":"spawn","pid":1,"comm":"a"}'
  const header = '"header":{"trace":"allocation/1"}'

  it('counts events, skips what it does not know and may be longer than a batch', async () => {
    const touches = Array.from(
      { length: 9000 },
      (_, i) => `{"t":1,"op":"read","pid":1,"file":"f","start":${i},"count":1}`,
    )
    const events = await eventsOf(
      `{${header},"extra":{"a":[1,{"b":null}]},"events":[${[spawn, ...touches].join(',')}],"tail":true}`,
    )
    expect(events.length).toBe(9001)
    expect(events[9000]).toMatchObject({ line: 9001, start: 8999 })
  })

  it.each([
    [
      'a wrong event',
      `{${header},"events":[${spawn},\n{"t":1,"op":"exit","pid":2}]}`,
      'input: event 2: exit: no such process (expected the pid of a process spawned before, found "pid 2")',
    ],
    [
      'events first',
      `{"events":[${spawn}],${header}}`,
      'input:1: not an allocation trace (expected "header" before "events", found "events first")',
    ],
    [
      'events that are no array',
      `{${header},"events":{}}`,
      'input:1: not an allocation trace (expected "events" to be an array, found "object")',
    ],
    ['no events', `{${header}}`, 'input:1: not an allocation trace (expected "events" with an array, found "none")'],
    [
      'an event that is none',
      `{${header},"events":[7]}`,
      'input: event 1: not an event (expected an object with "t" and "op", found "7")',
    ],
    [
      'a cut file',
      `{${header},"events":[${spawn},\n{"t":1,`,
      'input:2: the JSON document ends early: the file is cut off (expected the closing brackets)',
    ],
    ['broken JSON', `{${header},\n"events":[${spawn}\n;]}`, `input:3: not valid JSON: expected ',' (found ";]}")`],
    [
      'a missing comma',
      `{${header},"events":[${spawn} ${spawn}]}`,
      `input:1: not valid JSON: expected ',' (found "{\\"header\\":{\\"trace\\":\\"allocation/1\\"},\\"events\\":[{\\"t\\":0,\\"op\\":\\"spawn\\",\\"pid\\":1,\\"comm\\":…")`,
    ],
    [
      'a comma without an event',
      `{${header},"events":[${spawn},\n]}`,
      `input:2: not valid JSON: unexpected token ']' (found "]}")`,
    ],
    [
      'an event that is broken over lines',
      `{${header},"events":[${spawn},\n{"t":1,\n"op" "exit"}]}`,
      `input:3: not valid JSON: expected ':' (found "\\"op\\" \\"exit\\"}]}")`,
    ],
    [
      'something behind the document',
      `{${header},"events":[]}\nx`,
      'input:2: not valid JSON: unexpected characters (found "x")',
    ],
  ])('says of %s where it is', async (_, text, message) => {
    expect((await failure(eventsOf(text))).message).toBe(message)
  })
})

describe('a CSV trace', () => {
  it('means the same read from bytes and read with care', async () => {
    const columns = [
      't',
      'op',
      'pid',
      'region',
      'file',
      'start',
      'count',
      'pages',
      'write',
      'readahead',
      'comm',
      'kind',
    ]
    const usual = ['1', 'touch', '1', 'r', '', '5', '2', '', 'true', '', '', '']
    const cells = [
      '',
      '0',
      '1',
      '01',
      '1.5',
      '1e0',
      '1.0',
      '-1',
      'r',
      'r 1',
      'f',
      'é',
      'x"y',
      '"r"',
      'true',
      'false',
      'TRUE',
    ]
    const others = [
      '2147483648',
      '4294967295',
      '4294967296',
      '99999999999',
      '0.1234567890123456',
      '5 9 1',
      '5  9',
      '5,',
      ' r',
    ]
    const row = fc.tuple(
      fc.constantFrom('touch', 'read', 'write', 'fsync', 'reads'),
      fc.array(fc.tuple(fc.nat(columns.length - 1), fc.constantFrom(...cells, ...others)), { maxLength: 3 }),
      fc.constantFrom('', '\r', ' '),
    )
    const head = `${columns.join(',')}\n0,spawn,1,,,,,,,,a,\n0,mmap,1,r,,,,9,,,,anon\n`
    const text = ([op, changes, end]: [string, [number, string][], string], before: string): string => {
      const written = op === 'touch' ? [...usual] : ['1', op, '1', '', 'f', '5', '2', '', '', 'false', '', '']
      for (const [at, cell] of changes) written[at] = cell
      return `${head}${before}${written.join(',')}${end}\n`
    }
    const outcome = (written: string): Promise<unknown> => eventsOf(written).catch((error: Error) => error.message)
    await fc.assert(
      fc.asyncProperty(row, async (changed) => {
        const careful = await outcome(text(changed, '\t'))
        expect(await outcome(text(changed, ''))).toEqual(careful)
      }),
      { numRuns: 1500, seed: 4 },
    )
  })

  it('takes columns in any order, ignores unknown ones and needs no header comment', async () => {
    const events = await eventsOf('op,comm,x,pid,t\nspawn,"a ""b""",9,1,0.5\n\nexit,,,1,1\n')
    expect(events.map((e) => [e.op, e.t, e.line])).toEqual([
      ['spawn', 0.5, 2],
      ['exit', 1, 4],
    ])
    expect(events[0].detail).toMatchObject({ comm: 'a "b"' })
  })

  it.each([
    [
      'a missing column',
      't,op,comm\n0,spawn,a\n',
      'input:1: column "pid" is missing (expected t,op,pid,region,file,start,count,pages,write,readahead,kind,advice,comm,oom_score_adj,cgroup,cpu,set, found "t,op,comm")',
    ],
    [
      'a row with too few cells',
      't,op,pid,comm\n0,spawn,1\n',
      'input:2: row has 3 cells but there are 4 columns (expected t,op,pid,comm, found "0,spawn,1")',
    ],
    [
      'a decimal comma',
      't,op,pid,comm\n0,spawn,1,a\n0,5,exit,1,\n',
      'input:3: row has 5 cells but there are 4 columns (expected t,op,pid,comm, found "0,5,exit,1,")',
    ],
    [
      'a quoted decimal comma',
      't,op,pid,comm\n"0,5",spawn,1,a\n',
      'input:2: spawn: "t" has a decimal comma (expected a decimal point, found "0,5")',
    ],
    [
      'a word for a number',
      't,op,pid,comm\n0,spawn,one,a\n',
      'input:2: spawn: "pid" has a wrong value (expected an integer from 0 on, found "one")',
    ],
    [
      'a set that is no JSON',
      't,op,pid,set\n0,sysctl,,x=1\n',
      'input:2: sysctl: "set" is not JSON (expected {"name":value,…}, found "x=1")',
    ],
    [
      'a quote without end',
      't,op,pid,comm\n0,spawn,1,"a\n',
      'input:2: not valid CSV: Quote Not Closed: the parsing is finished with an opening quote at line 2',
    ],
    [
      'semicolons',
      't;op;pid\n0;spawn;1\n',
      'input: the columns are not separated by commas (expected t,op,pid,…, found "t;op;pid")',
    ],
    [
      'a broken header comment',
      '# {"trace":\nt,op,pid\n',
      'input:1: the comment with the header is not valid JSON (expected # {"trace":"allocation/1",…}, found "{\\"trace\\":")',
    ],
  ])('says of %s where it is', async (_, text, message) => {
    expect((await failure(eventsOf(text))).message).toBe(message)
  })
})
