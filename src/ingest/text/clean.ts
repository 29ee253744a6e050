/** What recorders and terminals leave in text, taken out before it is read. */

/** `ESC [ ... m` and the other control sequences of ECMA-48: colours (`S_COLORS=always`), erase line. */
const ESCAPES = /\x1b\[[0-9;?]*[ -/]*[@-~]/g

/**
 * Line ends become `\n`; escape sequences and NUL bytes go (sysstat 11.5.7 and 11.6.0 print a NUL after every
 * percentage). Cheap for text that has none of them.
 */
export function cleanText(text: string): string {
  let clean = text
  // A carriage return at the very end belongs to a line feed that the caller cut off.
  if (clean.includes('\r')) clean = clean.replace(/\r(?=\n|$)/g, '')
  if (clean.includes('\0')) clean = clean.replaceAll('\0', '')
  if (clean.includes('\x1b')) clean = clean.replace(ESCAPES, '')
  return clean
}
