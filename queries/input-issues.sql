-- question: What was wrong with the recording, and what was done about it?
-- param run (run) = latest: the run
-- column file: as the user named it
-- column line: line of the file, if it has lines
-- column code: stable name of the defect
-- column action: repaired, dropped or kept
-- column message: what was found
select file, line, code, action, message
from input_issue
where run_id = :run
order by seq;
