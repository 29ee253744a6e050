-- question: Which processes had to reclaim memory themselves, how often and for how long?
-- param run (run) = latest: the run
-- param top (integer) = 20: processes at most
-- note: The first row sums all processes. Percentiles are interpolated between stalls.
-- column comm: the process, (all) for everything
-- column pid: its pid, empty for everything
-- column kind: direct, memcg-max, memcg-high, node-reclaim, throttle; more than one are joined by commas
-- column stalls: how many
-- column total_ms [ms]: time in them
-- column p50_us [us]: median length
-- column p95_us [us]: 95th percentile
-- column max_us [us]: longest
-- column scanned [pages]: pages scanned meanwhile
-- column reclaimed [pages]: pages reclaimed meanwhile
-- column efficiency_pct [%]: reclaimed of scanned
-- column without_progress: stalls that reclaimed nothing
with
  grouped as (
    select '(all)' as comm, null as pid, 0 as place, * from (
      select
        group_concat(distinct kind) as kind,
        count(*) as stalls,
        sum(duration_us) as total_us,
        percentile(duration_us, 50) as p50_us,
        percentile(duration_us, 95) as p95_us,
        max(duration_us) as max_us,
        sum(scanned) as scanned,
        sum(reclaimed) as reclaimed,
        count(*) filter (where reclaimed = 0) as without_progress
      from stall where run_id = :run
    )
    where stalls > 0
    union all
    select
      comm,
      pid,
      1,
      group_concat(distinct kind),
      count(*),
      sum(duration_us),
      percentile(duration_us, 50),
      percentile(duration_us, 95),
      max(duration_us),
      sum(scanned),
      sum(reclaimed),
      count(*) filter (where reclaimed = 0)
    from stall where run_id = :run group by comm, pid
  )
select
  comm,
  pid,
  kind,
  stalls,
  round(total_us / 1000.0, 3) as total_ms,
  round(p50_us, 1) as p50_us,
  round(p95_us, 1) as p95_us,
  round(max_us, 1) as max_us,
  scanned,
  reclaimed,
  round(100.0 * reclaimed / nullif(scanned, 0), 1) as efficiency_pct,
  without_progress
from grouped
order by place, total_us desc, comm, pid
limit :top + 1;
