/** Which name did somebody mean? */

/** Edit distance: insertions, deletions and replacements of one character. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1))
    }
    row = next
  }
  return row[b.length]
}

/** The candidate closest to `name`, or the one it begins; undefined where nothing is near. */
export function nearestName(name: string, candidates: readonly string[]): string | undefined {
  const wanted = name.toLowerCase()
  const begun = candidates.filter((c) => c.startsWith(wanted))
  if (begun.length === 1) return begun[0]
  let best: string | undefined
  let least = Math.max(3, Math.floor(wanted.length / 3)) + 1
  for (const candidate of candidates) {
    const d = distance(wanted, candidate)
    if (d < least) {
      least = d
      best = candidate
    }
  }
  return best
}
