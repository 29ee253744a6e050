-- question: How close does the replay come to what the host recorded?
-- param run (run) = latest: the run
-- note: Only counters that the recording has. Under changed settings the two ought to differ.
-- column name: the counter, by its /proc/vmstat name
-- column recorded: what the host counted, repaired
-- column simulated: what the replay counted
-- column change: simulated less recorded
-- column change_pct [%]: the difference as a share of the recorded
with
  recorded (name, value) as (
    select name, case name
      when 'pgfault' then sum(pgfault)
      when 'pgmajfault' then sum(pgmajfault)
      when 'pgscan_kswapd' then sum(pgscan_kswapd)
      when 'pgscan_direct' then sum(pgscan_direct)
      when 'pgsteal' then sum(coalesce(pgsteal, pgsteal_kswapd + pgsteal_direct))
      when 'pgfree' then sum(pgfree)
      when 'pswpin' then sum(pswpin)
      when 'pswpout' then sum(pswpout)
      when 'pgpgin' then sum(pgpgin)
      when 'pgpgout' then sum(pgpgout)
      when 'allocstall' then sum(allocstall)
      when 'oom_kill' then sum(oom_kill)
    end
    from recorded_interval, (
      select column1 as name from (
        values ('pgfault'), ('pgmajfault'), ('pgscan_kswapd'), ('pgscan_direct'), ('pgsteal'), ('pgfree'),
          ('pswpin'), ('pswpout'), ('pgpgin'), ('pgpgout'), ('allocstall'), ('oom_kill')
      )
    )
    where run_id = :run
    group by name
  ),
  simulated (name, value) as (
    select
      case
        when name in ('pgsteal_kswapd', 'pgsteal_direct') then 'pgsteal'
        when name like 'allocstall\_%' escape '\' then 'allocstall'
        else name
      end,
      sum(value)
    from run_counter
    where run_id = :run and name <> 'allocstall'
    group by 1
  )
select
  r.name,
  round(r.value) as recorded,
  coalesce(s.value, 0) as simulated,
  round(coalesce(s.value, 0) - r.value) as change,
  round(100.0 * (coalesce(s.value, 0) - r.value) / nullif(r.value, 0), 1) as change_pct
from recorded r
left join simulated s using (name)
where r.value is not null
order by r.name;
