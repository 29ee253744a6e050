-- question: What did reclaim do in one run, in a dozen figures?
-- param run (run) = latest: the run
-- note: pgscan_anon and the like count reclaim for cgroup limits too, pgscan_kswapd and pgscan_direct do not.
-- column name: what the figure is
-- column value: the figure
-- column unit: its unit
with
  c as (
    select
      coalesce(sum(value) filter (where name = 'pgfault'), 0) as pgfault,
      coalesce(sum(value) filter (where name = 'pgmajfault'), 0) as pgmajfault,
      coalesce(sum(value) filter (where name in ('pgscan_kswapd', 'pgscan_direct')), 0) as pgscan,
      coalesce(sum(value) filter (where name in ('pgsteal_kswapd', 'pgsteal_direct')), 0) as pgsteal,
      coalesce(sum(value) filter (where name = 'pgscan_direct'), 0) as pgscan_direct,
      coalesce(sum(value) filter (where name in ('pgsteal_anon', 'pgsteal_file')), 0) as stolen,
      coalesce(sum(value) filter (where name like 'workingset\_refault\_%' escape '\'), 0) as refault,
      coalesce(sum(value) filter (where name = 'pswpin'), 0) as pswpin,
      coalesce(sum(value) filter (where name = 'pswpout'), 0) as pswpout,
      coalesce(sum(value) filter (where name = 'pgpgin'), 0) as pgpgin,
      coalesce(sum(value) filter (where name = 'pgpgout'), 0) as pgpgout
    from run_counter
    where run_id = :run
  ),
  s as (select count(*) as stalls, total(duration_us) as stalled from stall where run_id = :run),
  figures (place, name, value, unit) as (
    select 1, 'trace', trace, '' from run where id = :run
    union all select 2, 'status', status, '' from run where id = :run
    union all select 3, 'settings changed', settings, '' from run where id = :run
    union all select 4, 'simulated time', round(duration_s, 3), 's' from run where id = :run
    union all select 5, 'page accesses', page_events, 'events' from run where id = :run
    union all select 5.5, 'replayed, of all pages', '1/' || cast(round(1 / sample_rate) as integer), ''
      from run where id = :run and sample_rate < 1
    union all select 6, 'page faults', pgfault, 'faults' from c
    union all select 7, 'major faults', pgmajfault, 'faults' from c
    union all select 8, 'pages scanned', pgscan, 'pages' from c
    union all select 9, 'pages reclaimed', pgsteal, 'pages' from c
    union all select 10, 'reclaim efficiency', round(100.0 * pgsteal / nullif(pgscan, 0), 1), '%' from c
    union all select 11, 'scanned by direct reclaim', round(100.0 * pgscan_direct / nullif(pgscan, 0), 1), '%' from c
    union all select 12, 'reclaimed pages that came back', round(100.0 * refault / nullif(stolen, 0), 1), '%' from c
    union all select 13, 'read from swap', pswpin, 'pages' from c
    union all select 14, 'written to swap', pswpout, 'pages' from c
    union all select 15, 'read from disks', pgpgin, 'KiB' from c
    union all select 16, 'written to disks', pgpgout, 'KiB' from c
    union all select 17, 'stalls', stalls, 'stalls' from s
    union all select 18, 'time in stalls', round(stalled / 1000, 3), 'ms' from s
    union all select 19, 'some task stalled', round(psi_some_us / 1e3, 3), 'ms' from run where id = :run
    union all select 20, 'all tasks stalled', round(psi_full_us / 1e3, 3), 'ms' from run where id = :run
    union all select 21, 'processes killed', (select count(*) from oom_event where run_id = :run), 'processes'
    union all select 22, 'mmaps refused', (select count(*) from refused_mmap where run_id = :run), 'mmaps'
    union all select 23, 'warnings', (select count(*) from run_warning where run_id = :run), ''
  )
select name, value, unit
from figures
where exists (select 1 from run where id = :run)
order by place;
