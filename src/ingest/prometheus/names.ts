/** Metrics of node_exporter by the names of the files that it reads (collector/vmstat_linux.go, meminfo_linux.go). */

/** The name in /proc/vmstat or /proc/meminfo; undefined for metrics that say nothing of a host's memory as a whole. */
export function procName(metric: string): string | undefined {
  if (metric.startsWith('node_vmstat_')) return metric.slice('node_vmstat_'.length)
  const memory = /^node_memory_(?!numa_)(\w+)_bytes$/.exec(metric)
  return memory?.[1]
}
