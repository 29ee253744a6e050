/** Kernel releases compared, as banners print them: `4.18.0-348.el8.x86_64`, `6.1.0-56-amd64`. */

/** Whether a release is at least `major.minor`; undefined for what is no release. */
export function atLeast(release: string | undefined, major: number, minor: number): boolean | undefined {
  const m = /^(\d+)\.(\d+)/.exec(release ?? '')
  if (m === null) return undefined
  return Number(m[1]) !== major ? Number(m[1]) > major : Number(m[2]) >= minor
}

/** Kernels that have `pgsteal_anon` and `pgsteal_file`: 5.8 and later, and RHEL 8 by backport. */
export function hasStealTwins(release: string | undefined): boolean | undefined {
  if (release !== undefined && /^4\.18\.0-.*\bel8/.test(release)) return true
  return atLeast(release, 5, 8)
}
