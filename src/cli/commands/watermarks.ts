/** `tidemark watermarks` */

import { Command } from 'commander'
import { addMachineOptions, examples, formatOption, type MachineFlags } from '../options.js'
import type { Terminal } from '../terminal.js'
import { visible } from '../text.js'
import { formatWatermarks, watermarks } from '../watermarks.js'

interface WatermarksFlags extends MachineFlags {
  format: 'text' | 'json'
}

export function watermarksCommand(terminal: Terminal): Command {
  const command = new Command('watermarks')
    .summary('print the watermarks a host has, or would have')
    .description(
      'Print the watermarks, reserves and per-CPU lists that a host has, or would have with more memory or under other ' +
        'settings. Needs no trace.',
    )
    .addOption(formatOption(['text', 'json'], 'text'))
  return examples(
    addMachineOptions(command),
    'tidemark watermarks --memory 64G',
    'tidemark watermarks --memory 64G --set vm.watermark_scale_factor=200',
    'tidemark watermarks --machine machine.json --set vm.min_free_kbytes=131072 --format json',
  ).action(async (flags: WatermarksFlags) => {
    const result = watermarks(flags)
    for (const warning of result.warnings) terminal.note(`warning: ${visible(warning)}`)
    const json = flags.format === 'json'
    await terminal.write(json ? `${JSON.stringify(result, null, 2)}\n` : formatWatermarks(result))
  })
}
