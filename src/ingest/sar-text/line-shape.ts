/** Lines told apart by a glance at their bytes or letters. */

const BLANK = 0x20
const COLON = 0x3a

/** Whether the last word begins as a number does: rows do, headers do not (`ldavg-15` begins with a letter). */
export function endsInNumber(text: string, start: number): boolean {
  if (text.startsWith('COM ', start + 2)) return false
  let i = text.length - 1
  while (i >= 0 && text.charCodeAt(i) <= 0x20) i--
  while (i >= 0 && text.charCodeAt(i) > 0x20) i--
  return digitOrSign(text.charCodeAt(i + 1))
}

export function startsWithNumber(text: string, start: number): boolean {
  let i = start
  while (i < text.length && text.charCodeAt(i) <= 0x20) i++
  return digitOrSign(text.charCodeAt(i))
}

function digitOrSign(c: number): boolean {
  return (c >= 0x30 && c <= 0x39) || c === 0x2d
}

/** Whether a line of bytes ends in a number and begins with a digit as a time does: a row of a table with an item a row. */
export function isItemRow(bytes: Buffer, start: number, end: number): boolean {
  if (bytes[start] < 0x30 || bytes[start] > 0x39 || bytes[start + 2] !== COLON) return false
  if (isComment(bytes, start + 10) || isComment(bytes, start + 13)) return false
  let i = end - 1
  while (i > start && bytes[i] <= BLANK) i--
  while (i > start && bytes[i] > BLANK) i--
  return digitOrSign(bytes[i + 1])
}

/** `COM `, two blanks behind the time or its AM/PM. */
function isComment(bytes: Buffer, at: number): boolean {
  return bytes[at] === 0x43 && bytes[at + 1] === 0x4f && bytes[at + 2] === 0x4d && bytes[at + 3] === BLANK
}
