-- question: How did memory and reclaim go over time?
-- param run (run) = latest: the run
-- param bucket (number) = 0: seconds a row covers; 0 for a row a sample
-- note: Levels are those at the end of the time covered, everything else sums over it.
-- column t [s]: end of the time covered
-- column free [pages]: free pages
-- column anon [pages]: pages on the anon lists
-- column file [pages]: pages on the file lists
-- column dirty [pages]: dirty pages
-- column swap_free [pages]: free swap
-- column pgfault [faults]: page faults
-- column pgmajfault [faults]: major faults
-- column pgscan_kswapd [pages]: scanned by kswapd
-- column pgscan_direct [pages]: scanned by direct reclaim
-- column pgsteal [pages]: reclaimed by either
-- column pswpin [pages]: read from swap
-- column pswpout [pages]: written to swap
-- column refaults [pages]: reclaimed pages that came back
-- column allocstall: direct reclaims
-- column psi_some_ms [ms]: time in which some task stalled on memory
-- column oom_kill [processes]: killed
select
  round(max(t), 3) as t,
  nr_free_pages as free,
  nr_inactive_anon + nr_active_anon as anon,
  nr_inactive_file + nr_active_file as file,
  nr_dirty as dirty,
  swap_free,
  sum(pgfault) as pgfault,
  sum(pgmajfault) as pgmajfault,
  sum(pgscan_kswapd) as pgscan_kswapd,
  sum(pgscan_direct) as pgscan_direct,
  sum(pgsteal_kswapd + pgsteal_direct) as pgsteal,
  sum(pswpin) as pswpin,
  sum(pswpout) as pswpout,
  sum(workingset_refault_anon + workingset_refault_file) as refaults,
  sum(allocstall) as allocstall,
  round(sum(psi_some_us) / 1e3, 3) as psi_some_ms,
  sum(oom_kill) as oom_kill
from interval
where run_id = :run
group by case when :bucket > 0 then ceil(interval.t / :bucket - 1e-9) else seq end
order by max(interval.t);
