import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PsiGroup } from '../../src/mm/psi.js'
import { PsiAverages } from '../../src/mm/psi-averages.js'

const MS = 1000

describe('averages', () => {
  it('follow a constant 50 % stall', () => {
    const psi = new PsiAverages(2e6)
    const want = [
      [9.05, 1.63, 0.34],
      [16.47, 3.21, 0.68],
      [22.54, 4.74, 1.01],
      [27.52, 6.22, 1.35],
      [31.59, 7.66, 1.68],
    ]
    want.forEach(([avg10, avg60, avg300], i) => {
      psi.update((i + 1) * 1e6)
      expect(psi.read()).toEqual({ avg10, avg60, avg300 })
    })
  })

  it('carry over what does not fit in a period', () => {
    const spread = new PsiAverages(2e6)
    const late = new PsiAverages(2e6)
    late.update(6e6)
    for (let i = 0; i < 2; i++) late.update(6e6)
    for (let i = 1; i <= 3; i++) spread.update(i * 2e6)
    expect(late.read()).toEqual(spread.read())
  })

  it('reach 100 % and fall back to 0', () => {
    const psi = new PsiAverages(2e6)
    for (let i = 1; i <= 2000; i++) psi.update(i * 2e6)
    expect(psi.read()).toEqual({ avg10: 100, avg60: 100, avg300: 100 })
    psi.update(4000e6, 5000)
    expect(psi.read().avg10).toBe(0)
  })

  it('count missed periods as idle', () => {
    const a = new PsiAverages(2e6)
    const b = new PsiAverages(2e6)
    for (const p of [a, b]) for (let i = 1; i <= 5; i++) p.update(i * 1e6)
    for (let i = 0; i < 3; i++) a.update(5e6)
    a.update(6e6)
    b.update(6e6, 3)
    expect(a.read()).toEqual(b.read())
  })
})

/** One running task on each CPU. */
function group(cpus: number): PsiGroup {
  const psi = new PsiGroup(cpus)
  for (let cpu = 0; cpu < cpus; cpu++) {
    psi.place(cpu, cpu, 0)
    psi.setRunnable(cpu, true, 0)
    psi.setOnCpu(cpu, true, 0)
  }
  return psi
}

describe('stall time', () => {
  it('is some and full while the only task reclaims', () => {
    const psi = group(1)
    psi.enter(0, 100 * MS)
    psi.leave(0, 140 * MS)
    expect(psi.totals(1000 * MS)).toEqual({ some: 40 * MS, full: 40 * MS })
  })

  it('is weighted by the busy time of the CPUs', () => {
    const psi = group(2)
    psi.enter(0, 0)
    psi.leave(0, 400 * MS)
    expect(psi.totals(1000 * MS)).toEqual({ some: 200 * MS, full: 200 * MS })
    // CPU 1 idles in the second second: only CPU 0 has weight.
    psi.setOnCpu(1, false, 1000 * MS)
    psi.setRunnable(1, false, 1000 * MS)
    psi.enter(0, 1000 * MS)
    psi.leave(0, 1400 * MS)
    expect(psi.totals(2000 * MS)).toEqual({ some: 600 * MS, full: 600 * MS })
  })

  it('is not full while a sleeping task waits and another works', () => {
    const psi = group(1)
    psi.place(7, 0, 0)
    psi.enter(7, 0)
    expect(psi.totals(500 * MS)).toEqual({ some: 500 * MS, full: 0 })
    psi.setOnCpu(0, false, 500 * MS)
    psi.setRunnable(0, false, 500 * MS)
    psi.leave(7, 600 * MS)
    expect(psi.totals(1000 * MS)).toEqual({ some: 600 * MS, full: 100 * MS })
  })

  it('is full while the stalled task holds the CPU and another queues for it', () => {
    const psi = group(1)
    psi.place(1, 0, 0)
    psi.setRunnable(1, true, 0)
    psi.enter(0, 0)
    psi.setOnCpu(0, false, 30 * MS)
    psi.setOnCpu(1, true, 30 * MS)
    psi.leave(0, 50 * MS)
    expect(psi.totals(100 * MS)).toEqual({ some: 50 * MS, full: 30 * MS })
  })

  it('counts the outermost of nested marks', () => {
    const psi = group(1)
    psi.enter(0, 0)
    psi.enter(0, 10 * MS)
    psi.leave(0, 20 * MS)
    psi.leave(0, 60 * MS)
    expect(psi.totals(100 * MS).some).toBe(60 * MS)
  })

  it('goes with a task that moves and ends with one that exits', () => {
    const psi = new PsiGroup(2)
    psi.place(0, 0, 0)
    psi.setIowait(0, true, 0)
    psi.enter(0, 0)
    psi.place(0, 1, 40 * MS)
    psi.remove(0, 100 * MS)
    psi.remove(0, 100 * MS)
    // CPU 0: 40 ms busy and stalled, CPU 1: 60 ms; (40·40 + 60·60) / 100 with whole ticks of 4 ms.
    expect(psi.totals(1000 * MS)).toEqual({ some: 52 * MS, full: 52 * MS })
    psi.place(0, 0, 1000 * MS)
    expect(psi.totals(2000 * MS).some).toBe(52 * MS)
  })

  it('loses what falls on a CPU that was busy for less than a tick', () => {
    const psi = new PsiGroup(1)
    psi.place(0, 0, 0)
    psi.enter(0, 0)
    psi.leave(0, 3 * MS)
    expect(psi.totals(10 * MS)).toEqual({ some: 0, full: 0 })
  })

  it('feeds the averages every two seconds and a tick', () => {
    const psi = group(1)
    psi.enter(0, 0)
    psi.leave(0, 1002 * MS)
    expect(psi.averages(2003 * MS).some.avg10).toBe(0)
    expect(psi.averages(2004 * MS).some).toEqual({ avg10: 9.05, avg60: 1.63, avg300: 0.34 })
    expect(psi.averages(600e6).full.avg10).toBe(0)
  })

  it('refuses tasks it does not know and stalls that never began', () => {
    const psi = group(1)
    expect(() => psi.enter(5, 0)).toThrow(/no CPU/)
    expect(() => psi.enter(5000, 0)).toThrow(/no CPU/)
    expect(() => psi.leave(0, 0)).toThrow(/never entered/)
    psi.place(5000, 0, 0)
    psi.enter(5000, 0)
  })

  it('never lets full exceed some, nor some the time that passed', () => {
    const step = fc.record({
      task: fc.integer({ min: 0, max: 4 }),
      dt: fc.integer({ min: 0, max: 500 * MS }),
      what: fc.constantFrom('enter', 'leave', 'run', 'sleep', 'on', 'off', 'io', 'move', 'read'),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const psi = new PsiGroup(2)
        const depth = [0, 0, 0, 0, 0]
        for (let i = 0; i < 5; i++) psi.place(i, i % 2, 0)
        let t = 0
        let last = 0
        for (const { task, dt, what } of steps) {
          t += dt
          if (what === 'enter') {
            psi.enter(task, t)
            depth[task]++
          }
          if (what === 'leave' && depth[task] > 0) {
            psi.leave(task, t)
            depth[task]--
          }
          if (what === 'run' || what === 'sleep') psi.setRunnable(task, what === 'run', t)
          if (what === 'on' || what === 'off') psi.setOnCpu(task, what === 'on', t)
          if (what === 'io') psi.setIowait(task, dt % 2 === 0, t)
          if (what === 'move') psi.place(task, dt % 2, t)
          if (what === 'read') {
            const { some, full } = psi.totals(t)
            expect(some).toBeGreaterThanOrEqual(last)
            expect(full).toBeLessThanOrEqual(some)
            expect(some).toBeLessThanOrEqual(t)
            last = some
          }
        }
      }),
    )
  })

  it('takes a wake-up, a sleep, or both in one, as it takes their parts', () => {
    let booked = 0
    const step = fc.record({
      task: fc.integer({ min: 0, max: 3 }),
      dt: fc.integer({ min: 0, max: 700 * MS }),
      length: fc.integer({ min: 0, max: 900 * MS }),
      what: fc.constantFrom('wakes', 'sleeps', 'ran', 'runs', 'enter'),
      iowait: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const whole = new PsiGroup(2)
        const parts = new PsiGroup(2)
        for (let i = 0; i < 4; i++) for (const psi of [whole, parts]) psi.place(i, i % 2, 0)
        const wake = (task: number, t: number): void => {
          parts.setIowait(task, false, t)
          parts.setRunnable(task, true, t)
          parts.setOnCpu(task, true, t)
        }
        const sleep = (task: number, iowait: boolean, t: number): void => {
          parts.setOnCpu(task, false, t)
          parts.setRunnable(task, false, t)
          parts.setIowait(task, iowait, t)
        }
        let t = 0
        for (const { task, dt, length, what, iowait } of steps) {
          t += dt
          if (what === 'wakes') {
            whole.wakes(task, t)
            wake(task, t)
          } else if (what === 'sleeps') {
            whole.sleeps(task, iowait, t)
            sleep(task, iowait, t)
          } else if (what === 'ran') {
            whole.ran(task, t, t + length)
            wake(task, t)
            sleep(task, false, t + length)
            t += length
          } else if (what === 'runs') {
            const book = whole.openBook(task)
            if (book) booked++
            for (let run = 0; book && run < 5 && t + length < book.until; run++) {
              book.ran(t, t + length)
              wake(task, t)
              sleep(task, false, t + length)
              t += length + dt
            }
            if (book) whole.closeBook(task, book)
          } else for (const psi of [whole, parts]) psi.enter(task, t)
          expect(whole.totals(t)).toEqual(parts.totals(t))
        }
      }),
    )
    expect(booked).toBeGreaterThan(0)
  })
})
