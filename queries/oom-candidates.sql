-- question: How did the processes rank when the OOM killer chose?
-- param run (run) = latest: the run whose kills to show
-- param event (integer) = none: one kill of any source, as query oom numbers it; none for all of the run
-- param top (integer) = 10: candidates of each kill at most
-- note: Equal scores rank in the order the kernel looks at the processes.
-- column event: the kill
-- column t [s]: simulated time, or the log's time stamp
-- column rank: 1 has the highest score; empty when not eligible
-- column comm: the process
-- column pid: its pid
-- column points: its score
-- column permille: the score per thousand of totalpages
-- column rss [pages]: resident pages
-- column swap [pages]: swap entries
-- column pgtables [pages]: page-table pages
-- column oom_score_adj: -1000 to 1000
-- column killed: 1 for the victim
-- column reason: why it could not be killed
with ranked as (
  select
    e.id as event,
    e.t,
    e.totalpages,
    e.victim_pid,
    c.*,
    row_number() over (partition by e.id order by c.eligible desc, c.points desc, c.seq) as place
  from oom_event e
  join oom_candidate c on c.event_id = e.id
  where e.id = :event or (:event is null and e.run_id = :run)
)
select
  event,
  round(t, 3) as t,
  case when eligible then place end as rank,
  comm,
  pid,
  points,
  round(1000.0 * points / nullif(totalpages, 0)) as permille,
  rss,
  swap,
  pgtables,
  oom_score_adj,
  pid is victim_pid as killed,
  reason
from ranked
where place <= :top or pid is victim_pid
order by ranked.t, event, place;
