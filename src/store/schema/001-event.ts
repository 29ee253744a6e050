/** Schema version 1, the events of a run: OOM kills, stalls, kswapd cycles, refused mmaps. */
export const SQL_001_EVENT = `
-- One row a killed process, from a replay or from a kernel log. Sizes in pages.
-- "constraint" is a keyword of SQL and needs its quotes; scope says the same in a word that does not.
create table oom_event (
  id integer primary key,            -- of a replay: run_id * 10000000 + its number in the run
  run_id integer,                    -- run.id, NULL for a kernel log's report
  t real,                            -- simulated seconds; of a log: the report's kernel time stamp, NULL without one
  source text not null,              -- replay or log
  kernel text not null,              -- kernel profile, or the release the log names, '' when it names none
  "constraint" text not null,        -- CONSTRAINT_NONE, CONSTRAINT_MEMCG, CONSTRAINT_CPUSET, CONSTRAINT_MEMORY_POLICY
  scope text generated always as (
    case "constraint" when 'CONSTRAINT_NONE' then 'global' else lower(replace("constraint", 'CONSTRAINT_', '')) end
  ) virtual,                         -- global, memcg, cpuset or memory_policy
  cgroup text not null,              -- cgroup whose limit was hit, '' for a global OOM
  invoker_pid integer,               -- who asked for memory
  invoker_comm text,                 -- its name
  gfp text,                          -- the request's gfp mask as the log prints it, NULL for a replay
  alloc_order integer,               -- the request's order, NULL where unknown
  victim_pid integer,                -- the killed process, NULL when a report names none
  victim_comm text,                  -- its name
  victim_points integer,             -- its oom_badness, NULL where unknown
  victim_rss integer,                -- its resident pages
  totalpages integer,                -- pages that badness is measured against
  group_kill integer not null,       -- 1 for the further processes of a memory.oom.group kill
  free integer,                      -- free pages at that moment
  swap_free integer,                 -- free swap, pages
  explanation text not null,         -- why this one, in a sentence
  computed_pid integer,              -- log: whom tidemark's own scores would have picked
  computed_comm text,                -- log: its name
  computed_points integer,           -- log: its score
  agrees integer,                    -- log: 1 when the kernel's victim follows from the scores, else 0
  file text,                         -- log: the file as the user named it
  line integer                       -- log: 1-based line where the report begins
);
create index oom_event_run on oom_event (run_id, t);

-- Every process the OOM killer looked at, in its order. Sizes in pages.
create table oom_candidate (
  event_id integer not null,         -- oom_event.id
  seq integer not null,              -- 1, 2, … in the order the kernel looks at them
  pid integer not null,              -- process
  comm text not null,                -- its name
  rss integer,                       -- resident pages
  swap integer,                      -- swap entries
  pgtables integer,                  -- page-table pages
  oom_score_adj integer,             -- -1000 to 1000
  points integer,                    -- oom_badness, NULL when not eligible
  eligible integer not null,         -- 1 when it could be killed
  reason text not null,              -- why it could not, '' when it could
  primary key (event_id, seq)
) without rowid;

-- One direct reclaim as the stalled task saw it.
create table stall (
  run_id integer not null,           -- run.id
  seq integer not null,              -- 1, 2, … in the order of the replay's reports
  t real not null,                   -- simulated seconds
  pid integer not null,              -- who stalled
  comm text not null,                -- its name
  kind text not null,                -- direct, memcg-max, memcg-high, node-reclaim or throttle
  cgroup text not null,              -- cgroup whose limit was reclaimed for, '' for none
  duration_us real not null,         -- how long, us
  scanned integer not null,          -- pages scanned
  reclaimed integer not null,        -- pages reclaimed
  priority integer not null,         -- lowest priority reached: 12 is calm, 0 desperate
  outcome text not null,             -- reclaimed, no-progress or oom
  primary key (run_id, seq)
) without rowid;

-- One balancing run of a kswapd.
create table kswapd_cycle (
  run_id integer not null,           -- run.id
  seq integer not null,              -- 1, 2, … in the order of the replay's reports
  t real not null,                   -- simulated seconds
  node integer not null,             -- NUMA node
  duration_us real not null,         -- how long, us
  scanned integer not null,          -- pages scanned
  reclaimed integer not null,        -- pages reclaimed
  priority integer not null,         -- lowest priority reached: 12 is calm, 0 desperate
  highest_zone text not null,        -- highest zone it balanced for
  balanced integer not null,         -- 1 when a zone reached its high watermark
  primary key (run_id, seq)
) without rowid;

-- An mmap that overcommit accounting refused. Sizes in pages.
create table refused_mmap (
  run_id integer not null,           -- run.id
  seq integer not null,              -- 1, 2, … in the order of the replay's reports
  t real not null,                   -- simulated seconds
  pid integer not null,              -- who asked
  comm text not null,                -- its name
  region text not null,              -- region of the trace
  pages integer not null,            -- how much it asked for
  mode integer not null,             -- vm.overcommit_memory: 0, 1 or 2
  committed integer not null,        -- Committed_AS before the request
  allowed integer not null,          -- what the request was compared with
  reason text not null,              -- the comparison in words
  primary key (run_id, seq)
) without rowid;
`
