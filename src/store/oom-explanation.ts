import type { OomCandidateRecord, OomRecord } from '../replay/records.js'

function ranked(candidates: OomCandidateRecord[]): OomCandidateRecord[] {
  return candidates.filter((c) => c.eligible && c.points !== null).sort((a, b) => b.points! - a.points!)
}

const named = (comm: string, pid: number) => `${comm} (pid ${pid})`

/** Why the model killed this process, in a sentence. */
export function explainOom(oom: OomRecord): string {
  const victim = named(oom.victim_comm, oom.victim_pid)
  if (oom.group_kill) return `${victim} died with the others of its cgroup: memory.oom.group is set`
  const cause = oom.cgroup === '' ? 'the machine' : `the cgroup ${oom.cgroup}`
  const asked = `${named(oom.invoker_comm, oom.invoker_pid)} found no page that ${cause} could still give`
  const eligible = ranked(oom.candidates)
  if (eligible.length === 0 || oom.victim_points === null) return `${asked}; ${victim} was killed`
  const of = `${oom.victim_points} of ${oom.totalpages} points`
  if (eligible.length === 1) return `${asked}; ${victim} was the only one that could be killed (${of})`
  const next = eligible.find((c) => c.pid !== oom.victim_pid)!
  const how =
    next.points! > oom.victim_points
      ? 'was killed'
      : next.points === oom.victim_points
        ? 'came first'
        : 'scored highest'
  return `${asked}; ${victim} ${how} with ${of}, next of ${eligible.length}: ${named(next.comm, next.pid)} with ${next.points}`
}
