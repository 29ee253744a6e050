-- question: What did reclaim cost afterwards: what was reclaimed, what came back, what went through swap?
-- param run (run) = latest: the run
-- column type: anon or file
-- column scanned [pages]: pages scanned
-- column reclaimed [pages]: pages reclaimed
-- column efficiency_pct [%]: reclaimed of scanned
-- column refaults [pages]: reclaimed pages that came back
-- column refault_pct [%]: refaults of reclaimed
-- column activated [pages]: refaults put on the active list at once: they were needed
-- column restored [pages]: refaults that had been active before
-- column swapped_in [pages]: read from swap
-- column swapped_out [pages]: written to swap
with
  c as (select name, value from run_counter where run_id = :run),
  types (type, place) as (values ('anon', 1), ('file', 2)),
  sums as (
    select
      type,
      place,
      (select value from c where name = 'pgscan_' || type) as scanned,
      (select value from c where name = 'pgsteal_' || type) as reclaimed,
      (select value from c where name = 'workingset_refault_' || type) as refaults,
      (select value from c where name = 'workingset_activate_' || type) as activated,
      (select value from c where name = 'workingset_restore_' || type) as restored
    from types
  )
select
  type,
  scanned,
  reclaimed,
  round(100.0 * reclaimed / nullif(scanned, 0), 1) as efficiency_pct,
  refaults,
  round(100.0 * refaults / nullif(reclaimed, 0), 1) as refault_pct,
  activated,
  restored,
  case type when 'anon' then (select value from c where name = 'pswpin') end as swapped_in,
  case type when 'anon' then (select value from c where name = 'pswpout') end as swapped_out
from sums
where exists (select 1 from c)
order by place;
