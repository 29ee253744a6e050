/** OOM reports of kernel logs: read them, judge them, turn them into rows. */

export type { OomLogCandidate, OomLogRecord } from '../../trace/oom-log.js'
export { parseOomReports, readOomReports } from './reader.js'
export { isComplete, type OomProcess, type OomReport, type OomTask } from './report.js'
export { size } from './verdict/causes.js'
export { judgeOomReport } from './verdict/judge.js'
export { toOomRecords } from './verdict/oom-record.js'
export { called, type OomVerdict } from './verdict/verdict.js'
