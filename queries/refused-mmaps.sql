-- question: Which mmaps did overcommit accounting refuse, and by what arithmetic?
-- param run (run) = latest: the run
-- column t [s]: simulated time
-- column comm: who asked
-- column pid: its pid
-- column region: region of the trace
-- column pages [pages]: how much it asked for
-- column mode: vm.overcommit_memory
-- column committed [pages]: committed before the request
-- column allowed [pages]: what the request was compared with
-- column reason: the comparison in words
select round(t, 3) as t, comm, pid, region, pages, mode, committed, allowed, reason
from refused_mmap
where run_id = :run
order by seq;
