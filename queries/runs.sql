-- question: Which runs are in this database?
-- column id: the run
-- column status: running, complete, interrupted (its process was killed) or deleting
-- column trace: what was replayed
-- column settings: what was changed on purpose, empty for nothing
-- column kernel: whose rules the model followed
-- column machine: where the machine description came from
-- column duration_s [s]: simulated time
-- column events: trace events replayed
-- column page_events: page accesses among them
-- column sample: part of the pages that was replayed, 1 for all of them
-- column warnings: sentences to read before believing the run (query warnings)
-- column started_at [UTC]: when the run was made
select
  run.id,
  status,
  trace,
  settings,
  kernel,
  machine,
  round(duration_s, 3) as duration_s,
  events,
  page_events,
  iif(sample_rate < 1, '1/' || cast(round(1 / sample_rate) as integer), '1') as sample,
  (select count(*) from run_warning where run_id = run.id) as warnings,
  started_at
from run
left join run_clock on run_clock.run_id = run.id
order by run.id;
