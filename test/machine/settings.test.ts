import { describe, expect, it } from 'vitest'
import { InputError, UsageError } from '../../src/base/errors.js'
import { kernelRelease, profileOf } from '../../src/machine/kernel-release.js'
import { applySettings, machineSysctl, parseSetting, printSettings } from '../../src/machine/settings.js'

describe('settings of a machine', () => {
  it('lie on top of the defaults; names that the model does not know are passed over', () => {
    const s = machineSysctl({ 'vm.swappiness': '10', 'vm.max_map_count': '65530', 'kernel.pid_max': 'x' }, 'm.json')
    expect(s['vm.swappiness']).toBe(10)
    expect(s['vm.watermark_scale_factor']).toBe(10)
    expect(s).not.toHaveProperty('vm.max_map_count')
  })

  it('must be values', () => {
    expect(() => machineSysctl({ 'vm.swappiness': 'sixty' }, 'm.json')).toThrow(InputError)
    expect(() => machineSysctl({ 'vm.swappiness': '201' }, 'm.json')).toThrow(
      /m\.json: bad value of sysctl\["vm\.swappiness"\] \(expected a whole number from 0 to 200, found "201"\)/,
    )
  })

  it('keep one of two settings that exclude each other', () => {
    const recorded = { 'vm.dirty_bytes': '4096000', 'vm.dirty_ratio': '0' }
    expect(machineSysctl(recorded, 'm')).toMatchObject({ 'vm.dirty_bytes': 4096000, 'vm.dirty_ratio': 0 })
    expect(machineSysctl({ 'vm.dirty_bytes': '4096000' }, 'm')['vm.dirty_ratio']).toBe(0)
    expect(machineSysctl({ 'vm.dirty_bytes': '0', 'vm.dirty_ratio': '20' }, 'm')['vm.dirty_ratio']).toBe(20)
    const s = machineSysctl({ 'vm.overcommit_kbytes': '1000', 'vm.overcommit_ratio': '0' }, 'm')
    expect([...applySettings(s, { 'vm.overcommit_ratio': '80' }, '6.1')]).toEqual([
      'vm.overcommit_ratio',
      'vm.overcommit_kbytes',
    ])
    expect(s).toMatchObject({ 'vm.overcommit_ratio': 80, 'vm.overcommit_kbytes': 0 })
  })

  it('print as they are read', () => {
    const s = machineSysctl({ 'vm.lowmem_reserve_ratio': '256\t256\t32\t0\t0' }, 'm')
    const printed = printSettings(s)
    expect(printed['vm.lowmem_reserve_ratio']).toBe('256 256 32 0 0')
    expect(parseSetting('vm.lowmem_reserve_ratio', printed['vm.lowmem_reserve_ratio'], '6.1').value).toEqual([
      256, 256, 32, 0, 0,
    ])
  })
})

describe('--set', () => {
  it('reads numbers, and lists with commas or blanks', () => {
    expect(parseSetting('vm.swappiness', '10', '6.1')).toEqual({ name: 'vm.swappiness', value: 10 })
    const list = { name: 'vm.lowmem_reserve_ratio', value: [128, 256, 32, 0, 0] }
    expect(parseSetting('vm.lowmem_reserve_ratio', '128,256,32', '6.1')).toEqual(list)
    expect(parseSetting('vm.lowmem_reserve_ratio', '128 256 32', '6.1')).toEqual(list)
  })

  it.each([
    ['vm.swapiness', 'vm.swappiness'],
    ['swappiness', 'vm.swappiness'],
    ['vm.min_free_kbyte', 'vm.min_free_kbytes'],
    ['vm.watermark_scale', 'vm.watermark_scale_factor'],
    ['VM.SWAPPINESS', 'vm.swappiness'],
  ])('%s: did you mean %s?', (name, near) => {
    try {
      parseSetting(name, '1', '6.1')
      expect.unreachable()
    } catch (e) {
      expect(e).toBeInstanceOf(UsageError)
      expect((e as UsageError).message).toBe(`--set ${name}: unknown setting`)
      expect((e as UsageError).hint).toBe(`did you mean ${near}?`)
    }
  })

  it('guesses nothing for a name that is like no other', () => {
    expect(() => parseSetting('net.core.somaxconn', '1', '6.1')).toThrow(expect.objectContaining({ hint: undefined }))
  })

  it.each([
    ['vm.swappiness', '201', '6.1', 'a whole number from 0 to 200'],
    ['vm.swappiness', '-1', '6.1', 'a whole number from 0 to 200'],
    ['vm.swappiness', '', '6.1', 'a whole number from 0 to 200'],
    ['vm.swappiness', '60%', '6.1', 'a whole number from 0 to 200'],
    ['vm.swappiness', '150', '5.4', 'a whole number from 0 to 100 (Linux 5.4)'],
    ['vm.watermark_scale_factor', '0', '6.1', 'a whole number from 1 to 3000'],
    ['vm.watermark_scale_factor', '2000', '5.10', 'a whole number from 1 to 1000 (Linux 5.10)'],
    ['vm.percpu_pagelist_high_fraction', '7', '6.1', '0 or a whole number from 8'],
    ['vm.lowmem_reserve_ratio', '1 2 x', '6.1', 'one to five whole numbers'],
  ])('%s=%s under %s is out of range', (name, value, release, range) => {
    expect(() => parseSetting(name, value, release)).toThrow(`--set ${name}=${value}: expected ${range}`)
    expect(() => parseSetting(name, value, release)).toThrow(UsageError)
  })

  it('knows what it changed', () => {
    const s = machineSysctl({ 'vm.swappiness': '10' }, 'm')
    expect(applySettings(s, { 'vm.swappiness': '10', 'vm.laptop_mode': '0' }, '6.1').size).toBe(0)
    expect([...applySettings(s, { 'vm.swappiness': '11' }, '6.1')]).toEqual(['vm.swappiness'])
  })
})

describe('kernel releases', () => {
  it.each([
    ['Linux version 6.1.0-56-amd64 (debian-kernel@lists.debian.org)', '6.1', '6.1', true],
    ['6.12.95+deb12-amd64', '6.12', '6.12', true],
    ['5.10.0-32-amd64', '5.10', '5.10', true],
    ['Linux version 3.10.0-514.el7.x86_64 (x)', '3.10', '3.10', true],
    ['Linux version 6.8.0-31-generic', '6.8', '6.6', false],
    ['5.15.0', '5.15', '5.10', false],
    ['7.2.1', '7.2', '6.12', false],
    ['2.6.32-754.el6', '2.6', '3.10', false],
    [undefined, '6.1', '6.1', true],
    ['no release', '6.1', '6.1', true],
  ])('%s', (version, release, profile, exact) => {
    expect(profileOf(version)).toEqual({ release, profile, exact })
  })

  it('are read from the version text', () => {
    expect(kernelRelease('Linux version 4.19.304')).toBe('4.19')
    expect(kernelRelease('')).toBeUndefined()
  })
})
