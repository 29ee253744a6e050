/**
 * `npm run demo`: installs what is missing, builds, and shows the main job on recordings of a real kernel: what a replay
 * tells, and how its results are asked. The results stay in tidemark-demo.db.
 */

import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { build, install, root } from './project.mjs'

const DB = 'tidemark-demo.db'

const STEPS = [
  [
    'A page-level trace: two processes outgrow 256 MiB of memory and 32 MiB of swap. The kernel that it was\n' +
      'recorded on killed alpha after 8.494 s (traces/h-oom-swap/oom.json). What does the model say?',
    ['replay', 'traces/h-oom-swap/trace.ndjson.gz', '--machine', 'traces/h-oom-swap/machine.json'],
  ],
  ['Why alpha? How the processes ranked when the model chose.', ['query', 'oom-candidates']],
  ["And the kernel's own report, from its log.", ['oom', 'traces/h-oom-swap/dmesg.txt.gz']],
  [
    'A recording as hosts keep them: a minute of `sar -B 1` on a database host. What does it hold?',
    ['inspect', 'traces/w-db.base/sar.txt'],
  ],
  [
    'Its counters say how much reclaim did. What made it necessary is reconstructed, and replayed.',
    ['replay', 'traces/w-db.base/sar.txt', '--machine', 'traces/w-db.base/machine.json'],
  ],
  ['How close does the replay come to what the host counted?', ['query', 'recorded-against-simulated']],
  ['How efficient was reclaim, every ten seconds?', ['query', 'reclaim-efficiency', '--param', 'bucket=10']],
  [
    'What would have been different had kswapd started earlier?',
    [
      ...['replay', 'traces/w-db.base/sar.txt', '--machine', 'traces/w-db.base/machine.json'],
      ...['--set', 'vm.watermark_scale_factor=300'],
    ],
  ],
  ['Both runs side by side.', ['query', 'compare']],
]

/** Runs a command as a user would, and shows it. */
function show([about, args]) {
  const command = args[0] === 'inspect' ? args : [...args, '--db', DB]
  console.log(`\n${about}\n\n$ npx tidemark ${command.join(' ')}`)
  const { status } = spawnSync(process.execPath, [join('dist', 'cli.js'), ...command], { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

install()
build({ types: false })
for (const suffix of ['', '-wal', '-shm']) rmSync(join(root, DB + suffix), { force: true })
for (const step of STEPS) show(step)
console.log(`\nThe results are in ${DB}. What else can be asked of them: npx tidemark query`)
