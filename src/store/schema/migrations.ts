import { SQL_001_EVENT } from './001-event.js'
import { SQL_001_INTERVAL } from './001-interval.js'
import { SQL_001_RUN } from './001-run.js'

/** Marks a file as tidemark's own (`PRAGMA application_id`): "TDMK". */
export const APPLICATION_ID = 0x54444d4b

/** One step of the schema; `version` is the `PRAGMA user_version` it leads to. */
export interface Migration {
  version: number
  sql: string
}

/** In order, without gaps. A released migration never changes: what it made stands in users' files. */
export const MIGRATIONS: readonly Migration[] = [{ version: 1, sql: SQL_001_RUN + SQL_001_INTERVAL + SQL_001_EVENT }]

/** The version that this tidemark writes. */
export const SCHEMA_VERSION = MIGRATIONS[MIGRATIONS.length - 1].version
