import { describe, expect, it } from 'vitest'
import { explainOom } from '../../src/store/oom-explanation.js'
import { oom } from './fixture.js'

describe('explainOom', () => {
  const [init, hog, db] = oom().candidates

  it('names the cgroup whose limit was hit', () => {
    expect(explainOom(oom({ cgroup: '/web' }))).toMatch(/no page that the cgroup \/web could still give/)
  })

  it('says when the victim had no rival', () => {
    expect(explainOom(oom({ candidates: [init, db] }))).toMatch(/was the only one that could be killed \(900 of 2000/)
  })

  it('says when equal scores were settled by order', () => {
    expect(explainOom(oom({ candidates: [db, { ...hog, points: 900 }] }))).toMatch(
      /db \(pid 2\) came first with 900 of 2000 points, next of 2: hog \(pid 3\) with 900/,
    )
  })

  it('does not pretend that the highest score decided when it did not', () => {
    expect(explainOom(oom({ candidates: [db, { ...hog, points: 950 }] }))).toMatch(/db \(pid 2\) was killed with 900/)
  })

  it('does not invent scores', () => {
    expect(explainOom(oom({ candidates: [] }))).toBe(
      'hog (pid 3) found no page that the machine could still give; db (pid 2) was killed',
    )
  })

  it('tells the further victims of a group kill', () => {
    expect(explainOom(oom({ group_kill: true }))).toMatch(/memory\.oom\.group/)
  })
})
