/** One event as it was written, its types checked, its names not yet resolved. One object, used again for each event. */

import { InputError } from '../../base/errors.js'
import { ADVICE, OP, type OpName, type RegionKind } from '../../trace/events.js'
import { type FieldType, fieldType, OP_FIELDS } from './event-fields.js'

/** Page numbers and sizes stay below this, so that they fit the columns of a batch and 16 TiB of file. */
export const MAX_PAGE = 2 ** 32 - 1
const MAX_COUNT = 2 ** 31 - 1

/** Where an event stands, for messages. Forms without lines say `event 17` instead. */
export interface EventPlace {
  file: string
  line?: number
  /** 1-based position among the events, where the input has no lines. */
  ordinal?: number
}

export class RawEvent {
  t = 0
  op: OpName = 'touch'
  pid = -1
  region: string | undefined
  file: string | undefined
  start = 0
  count = 0
  /** Explicit page numbers, `listLength` of them; −1: the span `start`, `count`. */
  listLength = -1
  list: Uint32Array = new Uint32Array(1024)
  listMax = -1
  write = false
  readahead = false
  cgroup: string | undefined
  set: Record<string, number | string> | undefined
  comm = ''
  oomScoreAdj = 0
  cpu: number | undefined
  kind: RegionKind = 'anon'
  advice = 0

  clear(): void {
    this.pid = -1
    this.region = undefined
    this.file = undefined
    this.start = 0
    this.count = 0
    this.listLength = -1
    this.listMax = -1
    this.write = false
    this.readahead = false
    this.cgroup = undefined
    this.set = undefined
    this.comm = ''
    this.oomScoreAdj = 0
    this.cpu = undefined
    this.kind = 'anon'
    this.advice = 0
  }

  /** A list twice as large, its beginning kept. */
  growList(): Uint32Array {
    const grown = new Uint32Array(this.list.length * 2)
    grown.set(this.list)
    this.list = grown
    return grown
  }
}

/** An error in one event: `file:line: touch: message`. */
export function eventError(
  place: EventPlace,
  message: string,
  details: { expected?: string; found?: unknown; hint?: string },
): InputError {
  const at = place.line === undefined && place.ordinal !== undefined ? `event ${place.ordinal}: ` : ''
  return new InputError(`${at}${message}`, {
    file: place.file,
    line: place.line,
    expected: details.expected,
    found: details.found === undefined ? undefined : shown(details.found),
    hint: details.hint,
    code: 'TM_INPUT_VALUE',
  })
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))
}

const EXPECTED: Record<FieldType, string> = {
  seconds: 'seconds, a number from 0 on',
  count: 'an integer from 0 on',
  adj: 'an integer from -1000 to 1000',
  name: 'a text that is not empty',
  boolean: 'true or false',
  pages: 'an array of page numbers',
  settings: 'an object of names to numbers or texts',
}

function fits(type: FieldType, value: unknown): boolean {
  switch (type) {
    case 'seconds':
      return typeof value === 'number' && Number.isFinite(value) && value >= 0
    case 'count':
      return Number.isSafeInteger(value) && (value as number) >= 0
    case 'adj':
      return Number.isInteger(value) && Math.abs(value as number) <= 1000
    case 'name':
      return typeof value === 'string' && value !== ''
    case 'boolean':
      return typeof value === 'boolean'
    case 'pages':
      return Array.isArray(value)
    case 'settings':
      return isSettings(value)
  }
}

function isSettings(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.values(value).every((v) => typeof v === 'string' || (typeof v === 'number' && Number.isFinite(v)))
}

/**
 * Reads one event from its fields into `raw`. Fields that the event does not have are ignored.
 * @throws InputError for a missing field or one of another type
 */
export function readEvent(fields: Record<string, unknown>, raw: RawEvent, place: EventPlace): void {
  raw.clear()
  const opName = fields.op
  if (typeof opName !== 'string' || !Object.hasOwn(OP, opName)) {
    throw eventError(place, opName === undefined ? 'event without "op"' : 'unknown op', {
      expected: `one of ${Object.keys(OP).join(', ')}`,
      found: opName,
    })
  }
  const op = opName as OpName
  raw.op = op
  raw.t = field(fields, op, 't', true, place) as number
  const spec = OP_FIELDS[op]
  for (const name of spec.required) assign(raw, name, field(fields, op, name, true, place), place)
  for (const name of spec.optional) assign(raw, name, field(fields, op, name, false, place), place)
  if (spec.range !== undefined) readRange(fields, raw, spec.range, place)
}

function field(
  fields: Record<string, unknown>,
  op: OpName,
  name: string,
  required: boolean,
  place: EventPlace,
): unknown {
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined
  const type = fieldType(op, name)
  if (absent(value)) {
    if (!required) return undefined
    throw eventError(place, `${op}: "${name}" is missing`, { expected: EXPECTED[type] })
  }
  if (!fits(type, value)) {
    throw eventError(place, `${op}: "${name}" has a wrong value`, { expected: EXPECTED[type], found: value })
  }
  if (type === 'name' && (value as string).includes('\ufffd')) {
    throw eventError(place, `${op}: "${name}" is not valid UTF-8`, { expected: 'UTF-8 text', found: value })
  }
  if (type === 'count' && (value as number) > MAX_PAGE) {
    throw eventError(place, `${op}: "${name}" is too large`, { expected: `at most ${MAX_PAGE}`, found: value })
  }
  return value
}

function absent(value: unknown): boolean {
  return value === undefined || value === null
}

function assign(raw: RawEvent, name: string, value: unknown, place: EventPlace): void {
  if (value === undefined) return
  switch (name) {
    case 'oom_score_adj':
      raw.oomScoreAdj = value as number
      return
    case 'pages':
      if ((value as number) > MAX_COUNT || value === 0) {
        throw eventError(place, 'mmap: "pages" is not a size', { expected: `1 to ${MAX_COUNT} pages`, found: value })
      }
      raw.count = value as number
      return
    case 'kind':
      if (value !== 'anon' && value !== 'file' && value !== 'shmem') {
        throw eventError(place, 'mmap: unknown kind', { expected: 'anon, file or shmem', found: value })
      }
      raw.kind = value
      return
    case 'advice':
      if (!Object.hasOwn(ADVICE, value as string)) {
        throw eventError(place, 'madvise: unknown advice', { expected: Object.keys(ADVICE).join(', '), found: value })
      }
      raw.advice = ADVICE[value as keyof typeof ADVICE]
      return
    default:
      Object.assign(raw, { [name]: value })
  }
}

function readRange(fields: Record<string, unknown>, raw: RawEvent, range: string, place: EventPlace): void {
  const op = raw.op
  const pages = range === 'span-or-list' ? field(fields, op, 'pages', false, place) : undefined
  if (pages === undefined) {
    if (range === 'span-or-list' && absent(fields.start) && absent(fields.count))
      throw eventError(place, `${op}: no pages given`, { expected: '"start" and "count", or "pages"' })
    raw.start = field(fields, op, 'start', true, place) as number
    raw.count = field(fields, op, 'count', true, place) as number
    if (raw.count > MAX_COUNT || raw.start + raw.count > MAX_PAGE) {
      throw eventError(place, `${op}: the page range is too large`, {
        expected: `pages below ${MAX_PAGE}`,
        found: `start ${raw.start}, count ${raw.count}`,
      })
    }
    return
  }
  if (!absent(fields.start) || !absent(fields.count)) {
    throw eventError(place, `${op}: "pages" beside "start" or "count"`, { expected: 'one of both' })
  }
  const list = pages as unknown[]
  while (raw.list.length < list.length) raw.growList()
  for (let i = 0; i < list.length; i++) {
    const page = list[i]
    if (!Number.isInteger(page) || (page as number) < 0 || (page as number) > MAX_PAGE) {
      throw eventError(place, `${op}: "pages" holds what is not a page number`, {
        expected: `integers from 0 to ${MAX_PAGE}`,
        found: page,
      })
    }
    raw.list[i] = page as number
    if ((page as number) > raw.listMax) raw.listMax = page as number
  }
  raw.listLength = list.length
}
