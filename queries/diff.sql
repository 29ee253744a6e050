-- question: Which counters changed from one run to another, and by how much?
-- param base (integer): the run to start from
-- param run (run) = latest: the run to compare with it
-- note: Counters that are equal in both are left out.
-- column name: /proc/vmstat name
-- column base: count in the base run, KiB for pgpgin and pgpgout
-- column value: count in the other
-- column change: the difference
-- column change_pct [%]: the difference as a share of the base
with
  b as (select name, value from run_counter where run_id = :base),
  o as (select name, value from run_counter where run_id = :run),
  both as (select name, b.value as base, o.value as value from b full join o using (name))
select
  name,
  base,
  value,
  value - base as change,
  round(100.0 * (value - base) / nullif(base, 0), 1) as change_pct
from both
where base is not value
order by name;
