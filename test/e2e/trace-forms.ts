/** A small allocation trace in each of its written forms, for tests that break it. */

export type Fields = Record<string, unknown>

export const FORMS = ['ndjson', 'json', 'csv'] as const
export type Form = (typeof FORMS)[number]

const HEADER = { trace: 'allocation/1', page_size: 4096, machine: { memory_mb: 128 } }
const COLUMNS = ['t', 'op', 'pid', 'comm', 'region', 'kind', 'start', 'count', 'pages', 'write']

/** A process that touches its heap `touches` times. */
export function events(touches: number): Fields[] {
  return [
    { t: 0, op: 'spawn', pid: 1, comm: 'one' },
    { t: 0.1, op: 'mmap', pid: 1, region: 'heap', kind: 'anon', pages: 64 },
    ...Array.from({ length: touches }, (_, i) => touch({ t: 0.2 + i / 1e5, start: i % 60 })),
  ]
}

export function touch(fields: Fields): Fields {
  return { t: 1, op: 'touch', pid: 1, region: 'heap', start: 0, count: 4, write: true, ...fields }
}

/** The events as a file of this form. Each event has a line of its own. */
export function write(form: Form, list: readonly Fields[]): string {
  switch (form) {
    case 'ndjson':
      return `${[HEADER, ...list].map((e) => JSON.stringify(e)).join('\n')}\n`
    case 'json':
      return `{"header": ${JSON.stringify(HEADER)}, "events": [\n${list.map((e) => JSON.stringify(e)).join(',\n')}\n]}\n`
    case 'csv': {
      const rows = list.map((e) => COLUMNS.map((name) => e[name] ?? '').join(','))
      return `${[`# ${JSON.stringify(HEADER)}`, COLUMNS.join(','), ...rows].join('\n')}\n`
    }
  }
}
