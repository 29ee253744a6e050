/**
 * Watermarks, lowmem reserves and per-CPU list sizes: the arithmetic that turns managed pages and three sysctls into
 * the numbers of /proc/zoneinfo. Pure functions, all in pages unless a name says kB; integer arithmetic as the kernel's.
 */
import { MAX_NR_ZONES, ZONE_NAMES, type ZoneName } from './config.js'

/** A populated zone as far as the formulas need it. */
export interface WatermarkZone {
  node: number
  name: ZoneName
  managed: number
}

export interface Watermarks {
  min: number
  low: number
  high: number
  /** high + gap; used with NUMA memory tiers only. */
  promo: number
}

/** What differs between releases. */
export interface WatermarkRules {
  /** Upper clamp of the boot value of min_free_kbytes, kB. */
  minFreeMaxKb: number
  /** The gap follows watermark_scale_factor as well as min/4 (since 4.6). */
  scaleFactor: boolean
  /** MOVABLE is treated as highmem: no share of min_free_kbytes, min of 32 to 128 pages (since 6.6). */
  movableIsHighmem: boolean
  /** Largest per-CPU batch before rounding, as a cap on managed/1024. */
  batchCap: number
  /** Threshold of a per-CPU list: six batches (before 5.14), or a share of the low mark. */
  pcpHigh: 'batches' | 'low'
}

const MODERN: WatermarkRules = {
  minFreeMaxKb: 262144,
  scaleFactor: true,
  movableIsHighmem: false,
  batchCap: 256,
  pcpHigh: 'low',
}

/** By kernel profile. 6.12 tunes the per-CPU threshold at run time; the value here is where it starts. */
export const WATERMARK_RULES: Readonly<Record<string, WatermarkRules>> = {
  '3.10': { ...MODERN, minFreeMaxKb: 65536, scaleFactor: false, batchCap: 128, pcpHigh: 'batches' },
  '4.6': { ...MODERN, minFreeMaxKb: 65536, batchCap: 128, pcpHigh: 'batches' },
  '4.19': { ...MODERN, minFreeMaxKb: 65536, pcpHigh: 'batches' },
  '5.4': { ...MODERN, minFreeMaxKb: 65536, pcpHigh: 'batches' },
  '5.10': { ...MODERN, pcpHigh: 'batches' },
  '6.1': MODERN,
  '6.6': { ...MODERN, movableIsHighmem: true },
  '6.12': { ...MODERN, movableIsHighmem: true },
}

/** Rules of a profile; 6.1's for a profile that is not in the table. */
export function watermarkRules(profile: string): WatermarkRules {
  return WATERMARK_RULES[profile] ?? MODERN
}

const PAGEBLOCK_PAGES = 512
/** Below this much RAM (pages, 512 MiB) transparent huge pages stay off at boot. */
const THP_MIN_RAM = 131072
/** Free lists that khugepaged wants one pageblock of: MIGRATE_PCPTYPES. */
const MIGRATE_PCPTYPES = 3

/**
 * ⌊a × b / c⌋ for non-negative integers, exact as long as the result is below 2^53, whatever the product.
 *
 * A double quotient of integers below 2^53 floors to the right integer; a larger product goes through BigInt.
 */
export function mulDiv(a: number, b: number, c: number): number {
  const product = a * b
  if (product <= Number.MAX_SAFE_INTEGER) return Math.floor(product / c)
  return Number((BigInt(a) * BigInt(b)) / BigInt(c))
}

/** Integer square root, rounded down; exact below 2^53. */
export function isqrt(x: number): number {
  let r = Math.floor(Math.sqrt(x))
  while (r * r > x) r--
  while ((r + 1) * (r + 1) <= x) r++
  return r
}

export function zoneIndex(name: ZoneName): number {
  return ZONE_NAMES.indexOf(name)
}

const NORMAL = zoneIndex('Normal')

/** Pages above the high mark in the zones that kernel allocations can use (`nr_free_buffer_pages`). */
function freeBufferPages(zones: readonly WatermarkZone[], marks?: readonly Watermarks[]): number {
  let sum = 0
  zones.forEach((z, i) => {
    if (zoneIndex(z.name) <= NORMAL) sum += Math.max(0, z.managed - (marks?.[i].high ?? 0))
  })
  return sum
}

/**
 * `min_free_kbytes` as the kernel computes it at boot or after memory hotplug (`calculate_min_free_kbytes`), kB.
 *
 * @param marks marks in force; none at boot
 * @param userMinFreeKbytes value somebody wrote to the sysctl; −1 when nobody did. It is kept unless the computed one is larger.
 */
export function calculateMinFreeKbytes(
  zones: readonly WatermarkZone[],
  rules: WatermarkRules = MODERN,
  userMinFreeKbytes = -1,
  marks?: readonly Watermarks[],
): number {
  const computed = isqrt(freeBufferPages(zones, marks) * 4 * 16)
  if (computed <= userMinFreeKbytes) return userMinFreeKbytes
  return Math.min(Math.max(computed, 128), rules.minFreeMaxKb)
}

/**
 * What khugepaged wants `min_free_kbytes` to be at least, kB (`set_recommended_min_free_kbytes`): room for a pageblock of
 * each mobility type in each zone, at most 5 % of lowmem.
 */
export function thpRecommendedMinFreeKbytes(zones: readonly WatermarkZone[], marks?: readonly Watermarks[]): number {
  const populated = zones.filter((z) => z.managed > 0 && zoneIndex(z.name) <= NORMAL).length
  const wanted = PAGEBLOCK_PAGES * populated * (2 + MIGRATE_PCPTYPES * MIGRATE_PCPTYPES)
  return 4 * Math.min(wanted, Math.floor(freeBufferPages(zones, marks) / 20))
}

/** `min_free_kbytes` after boot and the steps that led to it. */
export interface BootMinFree {
  /** Value of the square root rule, kB. */
  sqrt: number
  /** What THP asks for, kB; null where THP is off (mode `never`, or less than 512 MiB of RAM). */
  thp: number | null
  used: number
}

/**
 * `min_free_kbytes` after boot when nobody set it: the square root rule, then raised by transparent huge pages.
 *
 * @param thp mode of /sys/kernel/mm/transparent_hugepage/enabled: `always`, `madvise` or `never`
 */
export function bootMinFreeKbytes(
  zones: readonly WatermarkZone[],
  thp: string,
  rules: WatermarkRules = MODERN,
): BootMinFree {
  const sqrt = calculateMinFreeKbytes(zones, rules)
  const ram = zones.reduce((sum, z) => sum + z.managed, 0)
  if (thp === 'never' || ram < THP_MIN_RAM) return { sqrt, thp: null, used: sqrt }
  const recommended = thpRecommendedMinFreeKbytes(zones, setupPerZoneWmarks(zones, sqrt, 10, rules))
  return { sqrt, thp: recommended, used: Math.max(sqrt, recommended) }
}

/**
 * The marks of every zone, in the order of `zones` (`__setup_per_zone_wmarks`). The watermark boost of each zone is zero
 * after it.
 *
 * @param watermarkScaleFactor 1 to 3000, in 1/10000 of the zone
 */
export function setupPerZoneWmarks(
  zones: readonly WatermarkZone[],
  minFreeKbytes: number,
  watermarkScaleFactor: number,
  rules: WatermarkRules = MODERN,
): Watermarks[] {
  const highmem = (z: WatermarkZone) => rules.movableIsHighmem && z.name === 'Movable'
  const minPages = Math.floor(minFreeKbytes / 4)
  let lowmem = 0
  for (const z of zones) if (!highmem(z)) lowmem += z.managed
  return zones.map((z) => {
    const share = lowmem > 0 ? mulDiv(minPages, z.managed, lowmem) : 0
    const min = highmem(z) ? Math.min(Math.max(Math.floor(z.managed / 1024), 32), 128) : share
    // The kernel splits the product (mult_frac), which gives the same as the exact quotient.
    const scaled = rules.scaleFactor ? mulDiv(z.managed, watermarkScaleFactor, 10000) : 0
    const gap = Math.max(Math.floor(share / 4), scaled)
    return { min, low: min + gap, high: min + 2 * gap, promo: min + 3 * gap }
  })
}

/**
 * `protection` of every zone, in the order of `zones`, five entries by zone index (`setup_per_zone_lowmem_reserve`):
 * pages a zone keeps from requests that could have been served by higher zones of its node.
 *
 * @param ratios vm.lowmem_reserve_ratio by zone index; 0 turns a zone's reserve off
 */
export function setupLowmemReserve(zones: readonly WatermarkZone[], ratios: readonly number[]): number[][] {
  return zones.map((z) => {
    const own = zoneIndex(z.name)
    const ratio = ratios[own] ?? 0
    const protection = new Array<number>(MAX_NR_ZONES).fill(0)
    let above = 0
    for (let j = own + 1; j < MAX_NR_ZONES; j++) {
      above += zones.find((o) => o.node === z.node && zoneIndex(o.name) === j)?.managed ?? 0
      protection[j] = ratio > 0 && z.managed > 0 ? Math.floor(above / ratio) : 0
    }
    return protection
  })
}

/** Position of the highest set bit, from 1; 0 for 0. */
const fls = (x: number): number => 32 - Math.clz32(x)

function rawBatch(managed: number, rules: WatermarkRules): number {
  const b = Math.max(1, Math.floor(Math.min(Math.floor(managed / 1024), rules.batchCap) / 4))
  return 2 ** (fls(b + Math.floor(b / 2)) - 1) - 1
}

/** Pages moved at once between a per-CPU list and the buddy lists (`zone_batchsize`), at least 1. */
export function zoneBatchsize(managed: number, rules: WatermarkRules = MODERN): number {
  return Math.max(1, rawBatch(managed, rules))
}

/**
 * Pages that one CPU's list of a zone may hold before it gives a batch back (`zone_highsize`).
 *
 * @param low low watermark of the zone
 * @param cpus CPUs of the zone's node (all CPUs for a node without any)
 * @param fraction vm.percpu_pagelist_high_fraction: 0 = off, else at least 8
 */
export function zoneHighsize(
  low: number,
  cpus: number,
  batch: number,
  fraction: number,
  managed: number,
  rules: WatermarkRules = MODERN,
): number {
  // The old rule multiplies the batch before it is raised to 1, so that the DMA zone keeps nothing back.
  if (rules.pcpHigh === 'batches') return 6 * rawBatch(managed, rules)
  const total = fraction > 0 ? Math.floor(managed / fraction) : low
  return Math.max(Math.floor(total / Math.max(1, cpus)), 4 * batch)
}

/** Pages no user allocation can have, over all zones (`calculate_totalreserve_pages`). */
export function totalreservePages(
  zones: readonly { name: ZoneName; managed: number; high: number; protection: readonly number[] }[],
): number {
  let sum = 0
  for (const z of zones) {
    const reserve = Math.max(0, ...z.protection.slice(zoneIndex(z.name)))
    sum += Math.min(z.managed, z.high + reserve)
  }
  return sum
}

const MAX_STAT_THRESHOLD = 125

/** Per-CPU error of a zone's counters before they are folded, pages (`calculate_normal_threshold`). */
export function calculateNormalThreshold(managed: number, onlineCpus: number): number {
  // managed in units of 128 MiB
  return Math.min(MAX_STAT_THRESHOLD, 2 * fls(onlineCpus) * (1 + fls(Math.floor(managed / 32768))))
}

/** The same while kswapd is awake (`calculate_pressure_threshold`). */
export function calculatePressureThreshold(low: number, min: number, onlineCpus: number): number {
  return Math.min(MAX_STAT_THRESHOLD, Math.max(1, Math.floor((low - min) / onlineCpus)))
}
