/** Schema version 1, the tables that describe a run. Frozen: later changes are migrations of their own. */
export const SQL_001_RUN = `
create table run (
  id integer primary key autoincrement,   -- grows, never used twice
  trace text not null,                    -- the trace as the user named it, '-' for standard input
  trace_digest text,                      -- digest of the trace's bytes, where it was taken
  format text not null,                   -- registry name of the trace's format, for example allocation-ndjson
  machine text not null,                  -- where the machine description came from
  kernel text not null,                   -- kernel profile: which release's rules the model followed
  settings text not null,                 -- what was changed on purpose, 'name=value …' in order of name, '' for nothing
  seed integer not null,                  -- seed of everything the replay draws at random
  version text not null,                  -- tidemark's version
  status text not null,                   -- running, complete, interrupted (its process is gone) or deleting
  events integer,                         -- trace events replayed
  page_events integer,                    -- page accesses among them
  duration_s real,                        -- simulated seconds
  psi_some_us integer,                    -- time in which some task stalled on memory, us
  psi_full_us integer,                    -- time in which every task stalled on memory, us
  sample_rate real not null default 1,    -- share of the pages that were replayed, 1 without spatial sampling
  sample_error real,                      -- estimated relative error that sampling brings, NULL without sampling
  calibration_error real,                 -- replay under the recorded settings against the recording: median |ln|
  calibration_rounds integer              -- trial replays the calibration took, NULL where nothing was calibrated
);

-- When and where a run was made. Kept apart so that everything else depends on the input alone.
create table run_clock (
  run_id integer primary key,             -- run.id
  started_at text not null,               -- UTC, ISO 8601
  touched_at text not null,               -- when the writer last stored rows
  finished_at text,                       -- when the run became complete
  host text not null,                     -- host name of the writing process
  system text not null,                   -- boot id and pid namespace of the writing process, '' where unknown
  pid integer not null,                   -- process that writes the run
  pid_start text not null                 -- when that process started, clock ticks since boot, '' where unknown
);

-- The settings a run was replayed under, changed or not.
create table run_setting (
  run_id integer not null,                -- run.id
  name text not null,                     -- sysctl or knob, by its full name
  value numeric not null,                 -- number where it is one, text otherwise
  changed integer not null default 0,     -- 1 when it was changed on purpose for this run
  primary key (run_id, name)
) without rowid;

-- A run's total change of each modelled counter.
create table run_counter (
  run_id integer not null,                -- run.id
  name text not null,                     -- /proc/vmstat name of Linux 6.1
  value integer not null,                 -- in the unit of /proc/vmstat: pages or events, KiB for pgpgin and pgpgout
  primary key (run_id, name)
) without rowid;

-- What a reader of a run's results should know.
create table run_warning (
  run_id integer not null,                -- run.id
  seq integer not null,                   -- 1, 2, … in the order they were given
  message text not null,                  -- one sentence
  primary key (run_id, seq)
) without rowid;

-- What was wrong with the input, and what was done about it.
create table input_issue (
  run_id integer not null,                -- run.id
  seq integer not null,                   -- 1, 2, … in the order they were found
  file text not null,                     -- the file as the user named it
  line integer,                           -- 1-based, NULL where the input has no lines
  code text not null,                     -- stable name of the defect, for example pgsteal-double
  message text not null,                  -- what was found
  action text not null,                   -- repaired, dropped or kept
  primary key (run_id, seq)
) without rowid;
`
