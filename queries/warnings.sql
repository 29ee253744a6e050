-- question: What should be known before believing a run?
-- param run (run) = latest: the run
-- column run: the run
-- column message: one sentence
select run_id as run, message
from run_warning
where run_id = :run
order by seq;
