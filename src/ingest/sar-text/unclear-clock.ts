/** Clocks that do not tell all that a recording needs. */

import type { IssueList } from '../series/issue-list.js'
import type { Clock } from './clock.js'
import type { Timeline } from './timeline.js'

/** Says once what a clock of this kind cannot tell, and has the timeline reckon with it. */
export function sayUnclear(clock: Clock, timeline: Timeline, issues: IssueList, line: number): void {
  if (clock.ambiguous && !timeline.ambiguous) {
    timeline.ambiguous = true
    const message = '12-hour clock without AM/PM (en_IN): morning and afternoon cannot be told apart'
    issues.add('ambiguous-clock', message, 'kept', line)
  }
  if (clock.minutesOnly && issues.count('no-seconds') === 0) {
    const message =
      'times carry no seconds (locale nb_NO), so intervals cannot be known. Run: LC_ALL=C sar ... or use sadf -j'
    issues.add('no-seconds', message, 'kept', line)
  }
}
