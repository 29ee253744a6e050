/** Small copies of /proc files in the shapes of three releases, with made-up numbers. */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

const RECORDINGS = join(import.meta.dirname, '../../../shared/kernel-lab/recordings')

/** Paths of the kernel lab's machine files, by `scenario/run`; empty where the recordings are not at hand. */
export function recordedMachines(): Record<string, string> {
  if (!existsSync(RECORDINGS)) return {}
  const out: Record<string, string> = {}
  for (const scenario of readdirSync(RECORDINGS)) {
    for (const run of readdirSync(join(RECORDINGS, scenario))) {
      const path = join(RECORDINGS, scenario, run, 'machine.json')
      if (existsSync(path)) out[`${scenario}/${run}`] = path
    }
  }
  return out
}

/** A fresh directory with these files in it, gone when the test is over. */
export function directory(files: Record<string, string>): string {
  const path = mkdtempSync(join(tmpdir(), 'tidemark-machine-'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text)
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

export const ZONEINFO_6_1 = `Node 0, zone      DMA
  per-node stats
      nr_inactive_anon 1200
      nr_active_anon 30
      nr_inactive_file 4000
      nr_active_file 5000
      nr_unevictable 7
      nr_slab_reclaimable 900
      nr_slab_unreclaimable 800
      nr_isolated_anon 0
  pages free     3000
        boost    0
        min      10
        low      12
        high     14
        spanned  4095
        present  3998
        managed  3840
        cma      0
        protection: (0, 1900, 1900, 1900, 1900)
      nr_free_pages 3000
      nr_zone_inactive_anon 0
  pagesets
    cpu: 0
              count: 0
              high:  6
              batch: 1
  vm stats threshold: 4
    cpu: 1
              count: 3
              high:  6
              batch: 1
  vm stats threshold: 4
  node_unreclaimable:  0
  start_pfn:           1
Node 0, zone    DMA32
  pages free     200000
        boost    512
        min      1912
        low      2262
        high     2612
        spanned  520192
        present  520192
        managed  500000
        cma      0
        protection: (0, 0, 0, 0, 0)
      nr_free_pages 200000
  pagesets
    cpu: 0
              count: 40
              high:  875
              batch: 63
  vm stats threshold: 20
    cpu: 1
              count: 2
              high:  875
              batch: 63
  vm stats threshold: 20
  node_unreclaimable:  0
  start_pfn:           4096
Node 0, zone   Normal
  pages free     0
        boost    0
        min      0
        low      0
        high     0
        spanned  0
        present  0
        managed  0
        cma      0
        protection: (0, 0, 0, 0, 0)
`

/** Before 4.8: counters by zone, four zones, `scanned`, no per-node block. */
export const ZONEINFO_4_6 = `Node 0, zone      DMA
  pages free     3900
        min      33
        low      41
        high     49
        scanned  0
        spanned  4095
        present  3998
        managed  3977
    nr_free_pages 3900
    nr_inactive_anon 5
    nr_active_anon 10
    nr_slab_reclaimable 20
        protection: (0, 1900, 1900, 1900)
  pagesets
    cpu: 0
              count: 0
              high:  0
              batch: 1
  vm stats threshold: 2
  all_unreclaimable: 0
  start_pfn:         1
  inactive_ratio:    1
Node 0, zone    DMA32
  pages free     100000
        min      4000
        low      5000
        high     6000
        scanned  0
        spanned  520160
        present  520160
        managed  498000
    nr_free_pages 100000
    nr_inactive_anon 600
    nr_active_anon 90
    nr_slab_reclaimable 4000
        protection: (0, 0, 0, 0)
  pagesets
    cpu: 0
              count: 170
              high:  186
              batch: 31
  vm stats threshold: 10
  all_unreclaimable: 0
  start_pfn:         4096
  inactive_ratio:    3
`

/** 6.12: promo mark, bounds of the per-CPU threshold. */
export const ZONEINFO_6_12 = `Node 0, zone      DMA
  per-node stats
      nr_inactive_anon 1
      nr_active_file 2
  pages free     3808
        boost    0
        min      33
        low      41
        high     49
        promo    57
        spanned  4095
        present  3998
        managed  3840
        cma      0
        protection: (0, 187, 187, 187, 187)
  pagesets
    cpu: 0
              count:    0
              high:     0
              batch:    1
              high_min: 20
              high_max: 240
  vm stats threshold: 4
  node_unreclaimable:  0
  start_pfn:           1
`

export const MEMINFO = `MemTotal:        2015360 kB
MemFree:          812000 kB
SwapTotal:        999996 kB
SwapFree:         999996 kB
HugePages_Total:       0
Hugepagesize:       2048 kB
`

export const SWAPS = `Filename				Type		Size		Used		Priority
/dev/sda2                               partition	499996		0		-2
/swap\\040file                           file		400000		12		5
/dev/zram0                              partition	100000		0		100
`

export const SYSCTL = `sysctl: permission denied on key 'fs.protected_fifos'
kernel.hostname = web1
vm.lowmem_reserve_ratio = 256	256	32	0	0
vm.min_free_kbytes = 5640
vm.swappiness = 10
vm.percpu_pagelist_fraction = 0
`
