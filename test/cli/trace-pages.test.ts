/** How many pages a trace uses at once. */

import { expect, test } from 'vitest'
import { PagesInUse } from '../../src/cli/trace-pages.js'
import { type TestEvent, TraceBuilder } from '../replay/trace-builder.js'

function pagesOf(events: readonly TestEvent[]): number {
  const use = new PagesInUse()
  const builder = new TraceBuilder()
  for (const event of events) use.add(builder.batch(event))
  return use.pages
}

const spawn = (pid: number): TestEvent => ({ t: 0, op: 'spawn', pid })
const mmap = (pid: number, region: string): TestEvent => ({ t: 0, op: 'mmap', pid, region, kind: 'anon', pages: 1e6 })
const touch = (pid: number, region: string, start: number, count: number): TestEvent => ({
  t: 0,
  op: 'touch',
  pid,
  region,
  start,
  count,
  write: true,
})

test('regions count as far as they were touched, not as they were asked for', () => {
  expect(pagesOf([spawn(1), mmap(1, 'a'), touch(1, 'a', 10, 90), touch(1, 'a', 0, 50)])).toBe(100)
})

test('regions that are gone make room for others', () => {
  const life = (pid: number): TestEvent[] => [
    spawn(pid),
    mmap(pid, 'a'),
    mmap(pid, 'b'),
    touch(pid, 'a', 0, 100),
    { t: 0, op: 'munmap', pid, region: 'a' },
    touch(pid, 'b', 0, 70),
    { t: 0, op: 'exit', pid },
  ]
  expect(pagesOf([...life(1), ...life(2), ...life(3)])).toBe(100)
})

test('files count with their largest access, once', () => {
  expect(
    pagesOf([
      spawn(1),
      { t: 0, op: 'read', pid: 1, file: 'f', start: 100, count: 20 },
      { t: 0, op: 'write', pid: 1, file: 'f', start: 0, count: 10 },
      { t: 0, op: 'read', pid: 1, file: 'g', pages: [3, 29] },
    ]),
  ).toBe(150)
})
