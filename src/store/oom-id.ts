/**
 * Ids of OOM events carry their run: run 3's second event is 30000002. So a writer knows them without asking the
 * database, and they are the same however many writers share it. Below the first run's lie those of kernel logs.
 */
export const OOM_IDS_PER_RUN = 10_000_000

/** Id of the `number`-th (1, 2, …) OOM event of a run. */
export function oomEventId(runId: number, number: number): number {
  return runId * OOM_IDS_PER_RUN + number
}
