/** Hands everything on to several listeners. */

import type { RowBlock } from '../series/row-block.js'
import type { Banner, SysstatSink, SysstatTable } from './sink.js'

export class SysstatTee implements SysstatSink {
  constructor(private readonly sinks: readonly SysstatSink[]) {}

  banner(banner: Banner, line: number): void {
    for (const sink of this.sinks) sink.banner(banner, line)
  }

  rows(table: SysstatTable, rows: RowBlock): void {
    for (const sink of this.sinks) sink.rows(table, rows)
  }

  average(table: SysstatTable, values: Float64Array, line: number): void {
    for (const sink of this.sinks) sink.average(table, values, line)
  }

  restart(time: string, cpus: number | undefined, line: number): void {
    for (const sink of this.sinks) sink.restart(time, cpus, line)
  }

  comment(time: string, text: string, line: number): void {
    for (const sink of this.sinks) sink.comment(time, text, line)
  }
}
