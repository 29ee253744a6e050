-- question: What would other settings have done: how do the runs of one trace differ?
-- param run (run) = latest: every complete run of this run's trace is compared
-- note: settings names what differs between the compared runs, changed or not.
-- note: A difference smaller than calibration_error_pct or sample_error_pct says little.
-- column run: the run
-- column settings: settings in which the runs differ
-- column pgscan [pages]: scanned by kswapd and direct reclaim
-- column efficiency_pct [%]: reclaimed of scanned
-- column direct_share_pct [%]: share of direct reclaim in what was scanned
-- column pgmajfault [faults]: major faults
-- column pswpin [pages]: read from swap
-- column pswpout [pages]: written to swap
-- column refaults [pages]: reclaimed pages that came back
-- column stalls: times a task had to reclaim itself
-- column stall_ms [ms]: time in them
-- column psi_some_ms [ms]: time in which some task stalled on memory
-- column oom_kills [processes]: killed
-- column refused: mmaps that overcommit refused
-- column calibration_error_pct [%]: replay of the recorded settings against the recording
-- column sample_error_pct [%]: estimated error of spatial sampling
with
  this as (select trace, trace_digest from run where id = :run),
  compared as (
    select run.* from run join this
    where
      run.status = 'complete'
      and case
        when this.trace_digest is null then run.trace = this.trace
        else run.trace_digest = this.trace_digest
      end
  ),
  setting as (select s.* from run_setting s join compared on compared.id = s.run_id),
  differing as (
    select name from setting
    group by name
    having count(distinct value) > 1 or count(*) < (select count(*) from compared)
  ),
  counter as (
    select
      c.run_id,
      total(value) filter (where name in ('pgscan_kswapd', 'pgscan_direct')) as scan,
      total(value) filter (where name in ('pgsteal_kswapd', 'pgsteal_direct')) as steal,
      total(value) filter (where name = 'pgscan_direct') as scan_d,
      total(value) filter (where name in ('workingset_refault_anon', 'workingset_refault_file')) as refaults,
      max(value) filter (where name = 'pgmajfault') as pgmajfault,
      max(value) filter (where name = 'pswpin') as pswpin,
      max(value) filter (where name = 'pswpout') as pswpout
    from run_counter c join compared on compared.id = c.run_id
    group by c.run_id
  )
select
  r.id as run,
  coalesce(
    (
      select group_concat(s.name || '=' || s.value, ' ' order by s.name)
      from setting s where s.run_id = r.id and s.name in (select name from differing)
    ),
    ''
  ) as settings,
  cast(c.scan as integer) as pgscan,
  round(100.0 * c.steal / nullif(c.scan, 0), 1) as efficiency_pct,
  round(100.0 * c.scan_d / nullif(c.scan, 0), 1) as direct_share_pct,
  c.pgmajfault,
  c.pswpin,
  c.pswpout,
  cast(c.refaults as integer) as refaults,
  (select count(*) from stall where run_id = r.id) as stalls,
  (select round(total(duration_us) / 1e3, 3) from stall where run_id = r.id) as stall_ms,
  round(r.psi_some_us / 1e3, 3) as psi_some_ms,
  (select count(*) from oom_event where run_id = r.id) as oom_kills,
  (select count(*) from refused_mmap where run_id = r.id) as refused,
  round(100.0 * (exp(r.calibration_error) - 1), 1) as calibration_error_pct,
  round(100.0 * r.sample_error, 1) as sample_error_pct
from compared r
left join counter c on c.run_id = r.id
order by r.id;
