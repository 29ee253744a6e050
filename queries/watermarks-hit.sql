-- question: How long was each zone below its watermarks?
-- param run (run) = latest: the run
-- note: Marks include the watermark boost in force.
-- note: Each sample stands for the time since the one before. What happens between samples is not seen.
-- column node: NUMA node
-- column zone: the zone
-- column managed [pages]: pages the zone manages
-- column samples: samples taken
-- column below_high_pct [%]: of the time not above the high watermark, where kswapd stops
-- column below_low_pct [%]: of the time not above the low watermark, where kswapd is woken
-- column below_min_pct [%]: of the time not above the min watermark, where allocations reclaim themselves
-- column lowest_free [pages]: fewest free pages seen
-- column min [pages]: min watermark at the end
-- column low [pages]: low watermark at the end
-- column high [pages]: high watermark at the end
with z as (
  select
    *,
    t - lag(t, 1, 0) over (partition by node, zone order by seq) as dt,
    last_value(seq) over (
      partition by node, zone order by seq rows between unbounded preceding and unbounded following
    ) as last
  from zone_interval
  where run_id = :run
)
select
  node,
  zone,
  max(managed) as managed,
  count(*) as samples,
  round(100.0 * total(dt) filter (where free <= high + boost) / nullif(total(dt), 0), 1) as below_high_pct,
  round(100.0 * total(dt) filter (where free <= low + boost) / nullif(total(dt), 0), 1) as below_low_pct,
  round(100.0 * total(dt) filter (where free <= min + boost) / nullif(total(dt), 0), 1) as below_min_pct,
  min(free) as lowest_free,
  max(min + boost) filter (where seq = last) as min,
  max(low + boost) filter (where seq = last) as low,
  max(high + boost) filter (where seq = last) as high
from z
group by node, zone
order by node, case zone when 'DMA' then 1 when 'DMA32' then 2 when 'Normal' then 3 else 4 end, zone;
