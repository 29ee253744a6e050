import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type OvercommitSysctl, overcommitRules, vmCommitLimit, vmEnoughMemory } from '../../src/mm/overcommit.js'

const sysctl = (set: Partial<OvercommitSysctl> = {}): OvercommitSysctl => ({
  'vm.overcommit_memory': 0,
  'vm.overcommit_ratio': 50,
  'vm.overcommit_kbytes': 0,
  'vm.admin_reserve_kbytes': 8192,
  'vm.user_reserve_kbytes': 131072,
  ...set,
})
const user = (pages: number, totalVm = 0) => ({ pages, privileged: false, totalVm })
const root = (pages: number, totalVm = 0) => ({ pages, privileged: true, totalVm })
const state = { totalRam: 100000, totalSwap: 20000, committed: 0 }
const modern = overcommitRules('6.1')

describe('mode 1', () => {
  it('grants everything', () => {
    const d = vmEnoughMemory(user(1e12), sysctl({ 'vm.overcommit_memory': 1 }), state, modern)
    expect(d).toMatchObject({ granted: true, mode: 1, allowed: Number.POSITIVE_INFINITY })
  })
})

describe('mode 0 since 5.2', () => {
  it('looks at the single request only', () => {
    expect(vmEnoughMemory(user(120000), sysctl(), { ...state, committed: 1e9 }, modern).granted).toBe(true)
    expect(vmEnoughMemory(user(120001), sysctl(), state, modern)).toEqual({
      granted: false,
      mode: 0,
      pages: 120001,
      committed: 0,
      allowed: 120000,
      reason: 'request 120001 > RAM 100000 + swap 20000 = 120000',
    })
  })

  it('needs no figures of free memory', () => {
    for (const p of ['5.4', '5.10', '6.6', '6.12']) {
      expect(vmEnoughMemory(root(1), sysctl(), state, overcommitRules(p)).granted).toBe(true)
    }
  })
})

describe('mode 0 up to 4.19', () => {
  // 1000 + 5000 − 500 + 20000 + 700 = 26200; less the reserve of 1200: 25000; less 8 MiB for the admin: 22952.
  const available = {
    freePages: 1000,
    filePages: 5000,
    shmemPages: 500,
    freeSwap: 20000,
    slabReclaimable: 700,
    totalreserve: 1200,
  }
  const old = overcommitRules('4.6')

  it('grants less than what could be freed', () => {
    expect(vmEnoughMemory(user(22951), sysctl(), { ...state, available }, old).granted).toBe(true)
    const refused = vmEnoughMemory(user(22952), sysctl(), { ...state, available }, old)
    expect(refused).toMatchObject({ granted: false, allowed: 22952 })
    expect(refused.reason).toBe(
      'request 22952 >= 22952 (free 1000 + file 5000 - shmem 500 + free swap 20000 + reclaimable slab 700 = 26200, ' +
        'less reserve 1200 and admin reserve 2048)',
    )
  })

  it('opens the admin reserve to root', () => {
    expect(vmEnoughMemory(root(24999), sysctl(), { ...state, available }, old).granted).toBe(true)
    expect(vmEnoughMemory(root(25000), sysctl(), { ...state, available }, old).granted).toBe(false)
  })

  it('refuses even one page when only the reserve is left', () => {
    const none = { ...available, totalreserve: 26200 }
    const d = vmEnoughMemory(root(1), sysctl(), { ...state, available: none }, old)
    expect(d).toMatchObject({ granted: false, allowed: 0 })
    expect(d.reason).toMatch(/= 26200 <= reserve 26200$/)
  })

  it('says so when a caller leaves the figures out', () => {
    expect(() => vmEnoughMemory(user(1), sysctl(), state, old)).toThrow(/available/)
  })
})

describe('mode 2', () => {
  const strict = (set: Partial<OvercommitSysctl> = {}) => sysctl({ 'vm.overcommit_memory': 2, ...set })

  it('has a commit limit by ratio or by size', () => {
    expect(vmCommitLimit(strict(), state, modern)).toBe(70000)
    expect(vmCommitLimit(strict({ 'vm.overcommit_ratio': 80 }), { ...state, hugetlbPages: 10001 }, modern)).toBe(91999)
    expect(vmCommitLimit(strict({ 'vm.overcommit_kbytes': 40003 }), state, modern)).toBe(30000)
    expect(vmCommitLimit(strict({ 'vm.overcommit_kbytes': 40003 }), state, overcommitRules('3.10'))).toBe(70000)
  })

  it('keeps committed memory below the limit less the reserves', () => {
    // 70000 − 2048 for the admin − min(3200 / 32, 32768) for recovery.
    const at = (pages: number, committed: number) =>
      vmEnoughMemory(user(pages, 3200), strict(), { ...state, committed }, modern)
    expect(at(7851, 60000)).toMatchObject({ granted: true, allowed: 67852 })
    expect(at(7852, 60000)).toEqual({
      granted: false,
      mode: 2,
      pages: 7852,
      committed: 60000,
      allowed: 67852,
      reason:
        'committed 60000 + request 7852 >= limit 67852 (CommitLimit 70000 less admin reserve 2048 and user reserve 100)',
    })
  })

  it('caps the user reserve and spares root the admin reserve', () => {
    const d = vmEnoughMemory(root(1, 1e9), strict({ 'vm.user_reserve_kbytes': 4000 }), state, modern)
    expect(d.allowed).toBe(69000)
    expect(vmEnoughMemory(root(1), strict(), state, modern).reason).toBe('committed 0 + request 1 < limit 70000')
  })

  it('refuses all of it when the reserves exceed the limit', () => {
    const d = vmEnoughMemory(user(1), strict({ 'vm.admin_reserve_kbytes': 400000 }), state, modern)
    expect(d).toMatchObject({ granted: false, allowed: -30000 })
  })

  it('never grants a larger request where it refused a smaller one', () => {
    const nat = fc.integer({ min: 0, max: 200000 })
    fc.assert(
      fc.property(nat, nat, nat, nat, fc.constantFrom(0, 2), (a, b, committed, totalVm, mode) => {
        const s = sysctl({ 'vm.overcommit_memory': mode })
        const small = vmEnoughMemory(user(Math.min(a, b), totalVm), s, { ...state, committed }, modern)
        const large = vmEnoughMemory(user(Math.max(a, b), totalVm), s, { ...state, committed }, modern)
        expect(large.granted && !small.granted).toBe(false)
      }),
    )
  })
})
