/** Small pieces of text that several commands print. */

const WIDTH = 100
const LABEL = 12

/** `1234567` as `1,234,567`. */
export function number(n: number): string {
  return Math.round(n)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',')
}

export function seconds(s: number): string {
  return `${s.toFixed(s < 1 ? 3 : 1)} s`
}

/** Microseconds in the unit that suits them. */
export function ms(us: number): string {
  if (us >= 10_000_000) return `${(us / 1e6).toFixed(1)} s`
  return `${(us / 1000).toFixed(us < 10_000 ? 2 : 1)} ms`
}

/** Foreign text, which must not steer the terminal, with its control characters made visible. */
export function visible(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

/** A label and its text, broken at blanks under it. */
export function wrapped(label: string, text: string): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > WIDTH - LABEL - 2) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  lines.push(line)
  return lines.map((l, i) => `  ${(i === 0 ? label : '').padEnd(LABEL)}${l}`)
}

/** A word as a shell takes it. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
