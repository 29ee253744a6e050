/** Which kernel profile stands for a release. */

/** Releases whose rules are known, ascending. */
export const PROFILES = ['3.10', '4.6', '4.19', '5.4', '5.10', '6.1', '6.6', '6.12'] as const
export const DEFAULT_PROFILE = '6.1'

const rank = (release: string): number => {
  const [major, minor] = release.split('.').map(Number)
  return major * 1000 + minor
}

/** `6.1` from `Linux version 6.1.0-56-amd64 (…)` or `6.1.0-56-amd64`; undefined where there is no release. */
export function kernelRelease(version: string): string | undefined {
  const m = /^(?:Linux version )?\s*v?(\d+)\.(\d+)/.exec(version.trim())
  return m ? `${Number(m[1])}.${Number(m[2])}` : undefined
}

/** The newest profile that is not newer than the release; the oldest for older releases. */
export function profileOf(version: string | undefined): { profile: string; release: string; exact: boolean } {
  const release = kernelRelease(version ?? '') ?? DEFAULT_PROFILE
  const known = PROFILES.filter((p) => rank(p) <= rank(release))
  const profile = known.at(-1) ?? PROFILES[0]
  return { profile, release, exact: profile === release }
}

/** Compares two releases: negative when `a` is older. */
export function compareReleases(a: string, b: string): number {
  return rank(a) - rank(b)
}
