-- question: Which settings was a run replayed under?
-- param run (run) = latest: the run
-- column name: sysctl or knob
-- column value: its value
-- column changed: 1 when it was changed on purpose for this run
select name, value, changed
from run_setting
where run_id = :run
order by changed desc, name;
