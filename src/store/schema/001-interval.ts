/**
 * Schema version 1, the series. Keys lead with the run and tables are clustered by them: one run's rows lie together,
 * so that reading or deleting a run never touches another's.
 */
export const SQL_001_INTERVAL = `
-- What the replay did, one row a sample. Counters are changes since the row before, levels the value at t.
create table interval (
  run_id integer not null,                              -- run.id
  seq integer not null,                                 -- 1, 2, … in order of t
  t real not null,                                      -- end of the interval, simulated seconds
  dt real not null,                                     -- its length, seconds
  nr_free_pages integer,                                -- free pages, per-CPU lists not included
  nr_inactive_anon integer,                             -- pages on the inactive anon lists
  nr_active_anon integer,                               -- pages on the active anon lists
  nr_inactive_file integer,                             -- pages on the inactive file lists
  nr_active_file integer,                               -- pages on the active file lists
  nr_unevictable integer,                               -- pages on the unevictable lists
  nr_mlock integer,                                     -- mlocked pages
  nr_anon_pages integer,                                -- mapped anonymous pages
  nr_mapped integer,                                    -- mapped file and shmem pages
  nr_file_pages integer,                                -- page cache, shmem and swap cache, pages
  nr_swapcached integer,                                -- swap cache, pages
  nr_shmem integer,                                     -- shmem, pages
  nr_dirty integer,                                     -- dirty pages
  nr_writeback integer,                                 -- pages under writeback
  nr_slab_reclaimable integer,                          -- reclaimable slab, pages
  nr_slab_unreclaimable integer,                        -- unreclaimable slab, pages
  nr_page_table_pages integer,                          -- page tables, pages
  nr_kernel_stack integer,                              -- kernel stacks, KiB
  swap_free integer,                                    -- free swap slots, pages
  pgfault integer not null default 0,                   -- faults, major ones included
  pgmajfault integer not null default 0,                -- faults that had to read
  pgfree integer not null default 0,                    -- pages freed
  pgscan_kswapd integer not null default 0,             -- pages kswapd scanned
  pgscan_direct integer not null default 0,             -- pages direct reclaim scanned
  pgscan_direct_throttle integer not null default 0,    -- allocations throttled for want of reserves, events
  pgsteal_kswapd integer not null default 0,            -- pages kswapd reclaimed
  pgsteal_direct integer not null default 0,            -- pages direct reclaim reclaimed
  pgscan_anon integer not null default 0,               -- anon pages scanned, cgroup limit reclaim included
  pgscan_file integer not null default 0,               -- file pages scanned, cgroup limit reclaim included
  pgsteal_anon integer not null default 0,              -- anon pages reclaimed, cgroup limit reclaim included
  pgsteal_file integer not null default 0,              -- file pages reclaimed, cgroup limit reclaim included
  pswpin integer not null default 0,                    -- pages read from swap
  pswpout integer not null default 0,                   -- pages written to swap
  swap_ra integer not null default 0,                   -- swap pages read ahead
  swap_ra_hit integer not null default 0,               -- swap pages read ahead and used
  pgpgin integer not null default 0,                    -- KiB read from disks
  pgpgout integer not null default 0,                   -- KiB written to disks
  pgactivate integer not null default 0,                -- pages moved to an active list
  pgdeactivate integer not null default 0,              -- pages moved to an inactive list
  pgrefill integer not null default 0,                  -- active pages scanned
  pgrotated integer not null default 0,                 -- pages moved to the tail of an inactive list
  pglazyfree integer not null default 0,                -- pages marked MADV_FREE
  pglazyfreed integer not null default 0,               -- MADV_FREE pages reclaimed
  workingset_refault_anon integer not null default 0,   -- reclaimed anon pages that came back
  workingset_refault_file integer not null default 0,   -- reclaimed file pages that came back
  workingset_activate_anon integer not null default 0,  -- refaulted anon pages put on the active list at once
  workingset_activate_file integer not null default 0,  -- refaulted file pages put on the active list at once
  workingset_restore_anon integer not null default 0,   -- refaulted anon pages that had been active before
  workingset_restore_file integer not null default 0,   -- refaulted file pages that had been active before
  allocstall integer not null default 0,                -- direct reclaims, all zones, events
  slabs_scanned integer not null default 0,             -- slab objects scanned
  nr_dirtied integer not null default 0,                -- pages dirtied
  nr_written integer not null default 0,                -- pages written back
  nr_vmscan_write integer not null default 0,           -- pages reclaim sent to disk or swap
  nr_vmscan_immediate_reclaim integer not null default 0, -- dirty file pages reclaim met and flagged
  nr_throttled_written integer not null default 0,      -- pages written while a reclaimer waited for it
  pageoutrun integer not null default 0,                -- kswapd balancing runs, events
  kswapd_low_wmark_hit_quickly integer not null default 0,  -- kswapd naps cut short by the low watermark, events
  kswapd_high_wmark_hit_quickly integer not null default 0, -- kswapd naps cut short by the high watermark, events
  zone_reclaim_failed integer not null default 0,       -- node reclaims that missed their goal, events
  oom_kill integer not null default 0,                  -- processes killed
  psi_some_us integer not null default 0,               -- time in which some task stalled on memory, us
  psi_full_us integer not null default 0,               -- time in which every task stalled on memory, us
  primary key (run_id, seq)
) without rowid;

-- What an interval trace recorded. Values are repaired ones; raw_* holds what the file said where that differs.
-- Event counters are counts over the interval, levels the value at its end; NULL is what the recording does not have.
create table recorded_interval (
  run_id integer not null,           -- run.id
  seq integer not null,              -- 1, 2, … in order of t
  segment integer not null,          -- grows when the host was restarted before this sample
  t real not null,                   -- end of the interval, seconds since the start of the recording
  dt real not null,                  -- its length, seconds
  line integer,                      -- line of the file, NULL where it has none
  pgpgin real,                       -- KiB read from disks
  pgpgout real,                      -- KiB written to disks
  pswpin real,                       -- pages read from swap
  pswpout real,                      -- pages written to swap
  pgfault real,                      -- faults
  pgmajfault real,                   -- faults that had to read
  pgfree real,                       -- pages freed
  pgscan_kswapd real,                -- pages kswapd scanned
  pgscan_direct real,                -- pages direct reclaim scanned
  pgsteal real,                      -- pages reclaimed by either
  pgsteal_kswapd real,               -- pages kswapd reclaimed
  pgsteal_direct real,               -- pages direct reclaim reclaimed
  allocstall real,                   -- direct reclaims, events
  oom_kill real,                     -- processes killed
  nr_free_pages real,                -- free pages
  mem_available real,                -- MemAvailable, pages
  mem_total real,                    -- MemTotal, pages
  buffers real,                      -- Buffers, pages
  cached real,                       -- page cache and shmem, pages
  active real,                       -- active pages, anon and file
  inactive real,                     -- inactive pages, anon and file
  nr_anon_pages real,                -- mapped anonymous pages
  nr_dirty real,                     -- dirty pages
  nr_slab real,                      -- slab, pages
  swap_total real,                   -- swap, pages
  swap_used real,                    -- used swap, pages
  committed real,                    -- Committed_AS, pages
  raw_pgpgin real,                   -- pgpgin as the file said it, where repaired
  raw_pgpgout real,                  -- likewise
  raw_pswpin real,                   -- likewise
  raw_pswpout real,                  -- likewise
  raw_pgfault real,                  -- likewise
  raw_pgmajfault real,               -- likewise
  raw_pgfree real,                   -- likewise
  raw_pgscan_kswapd real,            -- likewise
  raw_pgscan_direct real,            -- likewise
  raw_pgsteal real,                  -- likewise
  raw_pgsteal_kswapd real,           -- likewise
  raw_pgsteal_direct real,           -- likewise
  raw_allocstall real,               -- likewise
  raw_oom_kill real,                 -- likewise
  primary key (run_id, seq)
) without rowid;

-- Each zone's free pages against its watermarks, one row a sample and zone. All sizes in pages.
create table zone_interval (
  run_id integer not null,           -- run.id
  seq integer not null,              -- 1, 2, … in the order of the replay's reports
  t real not null,                   -- interval.t
  node integer not null,             -- NUMA node
  zone text not null,                -- DMA, DMA32, Normal, Movable
  free integer not null,             -- free pages, per-CPU lists not included
  pcp integer not null,              -- pages on per-CPU lists
  min integer not null,              -- min watermark without boost
  low integer not null,              -- low watermark without boost: kswapd is woken there
  high integer not null,             -- high watermark without boost: kswapd stops above it
  boost integer not null,            -- watermark boost in force, added to every mark
  managed integer not null,          -- pages the zone manages
  primary key (run_id, seq)
) without rowid;
`
