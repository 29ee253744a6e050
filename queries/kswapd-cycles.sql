-- question: Did kswapd keep up: how often did it run, for how long, and did it reach the high watermark?
-- param run (run) = latest: the run
-- column node: NUMA node
-- column cycles: balancing runs
-- column balanced: those that reached the high watermark
-- column total_ms [ms]: time in them
-- column busy_pct [%]: of the simulated time
-- column p50_us [us]: median length
-- column p95_us [us]: 95th percentile
-- column max_us [us]: longest
-- column scanned [pages]: pages scanned
-- column reclaimed [pages]: pages reclaimed
-- column efficiency_pct [%]: reclaimed of scanned
-- column lowest_priority: 12 is calm, 0 desperate
select
  node,
  count(*) as cycles,
  sum(balanced) as balanced,
  round(sum(duration_us) / 1000.0, 3) as total_ms,
  round(sum(duration_us) / 1e4 / (select nullif(duration_s, 0) from run where id = :run), 2) as busy_pct,
  round(percentile(duration_us, 50), 1) as p50_us,
  round(percentile(duration_us, 95), 1) as p95_us,
  round(max(duration_us), 1) as max_us,
  sum(scanned) as scanned,
  sum(reclaimed) as reclaimed,
  round(100.0 * sum(reclaimed) / nullif(sum(scanned), 0), 1) as efficiency_pct,
  min(priority) as lowest_priority
from kswapd_cycle
where run_id = :run
group by node
order by node;
