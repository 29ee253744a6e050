-- question: Who was killed for want of memory, and why that one?
-- param run (run) = latest: the run whose kills to show
-- param source (text) = any: replay, log (reports read from kernel logs) or any
-- column event: the kill; query oom-candidates ranks its candidates
-- column source: replay or log
-- column t [s]: simulated time, or the log's time stamp
-- column kernel: kernel profile, or the release the log names
-- column scope: global, memcg, cpuset or memory_policy
-- column cgroup: whose limit was hit
-- column invoker: who asked for memory
-- column victim: who was killed
-- column pid: its pid
-- column points: its score
-- column rss [pages]: its resident pages
-- column candidates: processes that could have been killed
-- column free [pages]: free pages at that moment
-- column swap_free [pages]: free swap at that moment
-- column explanation: why this one
select
  e.id as event,
  e.source,
  round(e.t, 3) as t,
  e.kernel,
  e.scope,
  e.cgroup,
  e.invoker_comm as invoker,
  e.victim_comm as victim,
  e.victim_pid as pid,
  e.victim_points as points,
  e.victim_rss as rss,
  (select count(*) from oom_candidate c where c.event_id = e.id and c.eligible) as candidates,
  e.free,
  e.swap_free,
  e.explanation
from oom_event e
where
  (:source = 'any' or e.source = :source)
  and (e.run_id = :run or e.source = 'log')
order by e.source desc, e.t, e.id;
