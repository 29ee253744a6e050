-- question: How many of the pages that reclaim scanned did it get, who scanned them, and how many came back?
-- param run (run) = latest: the run
-- param bucket (number) = 0: seconds a row covers; 0 for one row over the whole run, by its totals
-- note: The columns by type count reclaim for cgroup limits too, those by scanner do not, as in /proc/vmstat.
-- note: A refault counts when the page comes back, which may be long after it was reclaimed.
-- column from_s [s]: begin of the time covered
-- column to_s [s]: its end
-- column pgscan [pages]: scanned by kswapd and direct reclaim
-- column pgsteal [pages]: reclaimed by them
-- column efficiency_pct [%]: reclaimed of scanned
-- column kswapd_pct [%]: reclaimed of scanned, kswapd
-- column direct_pct [%]: reclaimed of scanned, direct reclaim
-- column direct_share_pct [%]: share of direct reclaim in what was scanned
-- column anon_pct [%]: reclaimed of scanned, anon pages
-- column file_pct [%]: reclaimed of scanned, file pages
-- column refaults [pages]: reclaimed pages that came back
-- column refault_pct [%]: refaults of reclaimed
with
  total as (
    select
      0.0 as from_s,
      (select duration_s from run where id = :run) as to_s,
      coalesce(sum(value) filter (where name = 'pgscan_kswapd'), 0) as scan_k,
      coalesce(sum(value) filter (where name = 'pgscan_direct'), 0) as scan_d,
      coalesce(sum(value) filter (where name = 'pgsteal_kswapd'), 0) as steal_k,
      coalesce(sum(value) filter (where name = 'pgsteal_direct'), 0) as steal_d,
      coalesce(sum(value) filter (where name = 'pgscan_anon'), 0) as scan_a,
      coalesce(sum(value) filter (where name = 'pgscan_file'), 0) as scan_f,
      coalesce(sum(value) filter (where name = 'pgsteal_anon'), 0) as steal_a,
      coalesce(sum(value) filter (where name = 'pgsteal_file'), 0) as steal_f,
      coalesce(sum(value) filter (where name in ('workingset_refault_anon', 'workingset_refault_file')), 0) as refault
    from run_counter
    where run_id = :run and :bucket = 0
    having count(*) > 0
  ),
  -- A sample belongs to the bucket that holds its end; the last instant of a bucket is its own.
  bucketed as (
    select
      min(t - dt) as from_s,
      max(t) as to_s,
      sum(pgscan_kswapd) as scan_k,
      sum(pgscan_direct) as scan_d,
      sum(pgsteal_kswapd) as steal_k,
      sum(pgsteal_direct) as steal_d,
      sum(pgscan_anon) as scan_a,
      sum(pgscan_file) as scan_f,
      sum(pgsteal_anon) as steal_a,
      sum(pgsteal_file) as steal_f,
      sum(workingset_refault_anon + workingset_refault_file) as refault
    from interval
    where run_id = :run and :bucket > 0
    group by ceil(t / :bucket - 1e-9)
  ),
  r as (select * from total union all select * from bucketed)
select
  round(from_s, 3) as from_s,
  round(to_s, 3) as to_s,
  scan_k + scan_d as pgscan,
  steal_k + steal_d as pgsteal,
  round(100.0 * (steal_k + steal_d) / nullif(scan_k + scan_d, 0), 1) as efficiency_pct,
  round(100.0 * steal_k / nullif(scan_k, 0), 1) as kswapd_pct,
  round(100.0 * steal_d / nullif(scan_d, 0), 1) as direct_pct,
  round(100.0 * scan_d / nullif(scan_k + scan_d, 0), 1) as direct_share_pct,
  round(100.0 * steal_a / nullif(scan_a, 0), 1) as anon_pct,
  round(100.0 * steal_f / nullif(scan_f, 0), 1) as file_pct,
  refault as refaults,
  round(100.0 * refault / nullif(steal_a + steal_f, 0), 1) as refault_pct
from r
order by r.from_s;
