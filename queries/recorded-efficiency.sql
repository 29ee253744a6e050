-- question: How efficient was the recorded host's own reclaim, by its repaired counters?
-- param run (run) = latest: the run
-- param bucket (number) = 60: seconds a row covers
-- note: Rows in which nothing was scanned or reclaimed are left out.
-- note: raw_vmeff_pct is what the recording itself implies; where it differs, query input-issues says why.
-- column segment: grows when the host was restarted
-- column from_s [s]: begin of the time covered
-- column to_s [s]: its end
-- column pgscan_kswapd [pages]: scanned by kswapd
-- column pgscan_direct [pages]: scanned by direct reclaim
-- column pgsteal [pages]: reclaimed by either
-- column vmeff_pct [%]: reclaimed of scanned, repaired
-- column raw_vmeff_pct [%]: reclaimed of scanned, as recorded
-- column direct_share_pct [%]: share of direct reclaim in what was scanned
-- column pgmajfault [faults]: major faults
-- column pswpin [pages]: read from swap
-- column pswpout [pages]: written to swap
with r as (
  select
    segment,
    min(t - dt) as from_s,
    max(t) as to_s,
    sum(pgscan_kswapd) as scan_k,
    sum(pgscan_direct) as scan_d,
    sum(coalesce(pgsteal, pgsteal_kswapd + pgsteal_direct)) as steal,
    total(coalesce(raw_pgscan_kswapd, pgscan_kswapd)) + total(coalesce(raw_pgscan_direct, pgscan_direct)) as raw_scan,
    sum(coalesce(raw_pgsteal, pgsteal, coalesce(raw_pgsteal_kswapd, pgsteal_kswapd)
      + coalesce(raw_pgsteal_direct, pgsteal_direct))) as raw_steal,
    sum(pgmajfault) as pgmajfault,
    sum(pswpin) as pswpin,
    sum(pswpout) as pswpout
  from recorded_interval
  where run_id = :run
  group by segment, ceil(t / :bucket - 1e-9)
)
select
  segment,
  round(from_s, 3) as from_s,
  round(to_s, 3) as to_s,
  round(scan_k) as pgscan_kswapd,
  round(scan_d) as pgscan_direct,
  round(steal) as pgsteal,
  round(100.0 * steal / nullif(coalesce(scan_k, 0) + coalesce(scan_d, 0), 0), 1) as vmeff_pct,
  round(100.0 * raw_steal / nullif(raw_scan, 0), 1) as raw_vmeff_pct,
  round(100.0 * scan_d / nullif(coalesce(scan_k, 0) + scan_d, 0), 1) as direct_share_pct,
  round(pgmajfault) as pgmajfault,
  round(pswpin) as pswpin,
  round(pswpout) as pswpout
from r
where coalesce(scan_k, 0) + coalesce(scan_d, 0) + coalesce(steal, 0) > 0
order by r.from_s;
