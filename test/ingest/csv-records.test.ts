import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_LINE_BYTES } from '../../src/base/line-reader.js'
import { CsvRecords } from '../../src/ingest/allocation/csv-records.js'

/** Records with the number of the line that each ends in, as the library reads them; or its error. */
function byLibrary(text: string): unknown {
  try {
    const records = parse(text, {
      comment: '#',
      comment_no_infix: true,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as { info: { lines: number }; record: string[] }[]
    return records.map(({ info, record }) => [info.lines, record])
  } catch (error) {
    return `in:${(error as { lines: number }).lines}: not valid CSV: ${(error as Error).message}`
  }
}

function ours(text: string): unknown {
  const records = new CsvRecords('in')
  const found: [number, string[]][] = []
  try {
    text.split('\n').forEach((line, i) => {
      const cells = records.line(line, i + 1)
      if (cells !== undefined) found.push([i + 1, cells])
    })
    records.end()
  } catch (error) {
    return (error as Error).message
  }
  return found
}

describe('CSV records', () => {
  it.each([
    'a,b\n1,2',
    'a,b\n   \nc,d',
    'a,b\n #x,y\n#"z\nc',
    'a,b\n"x\ny",2\nz,1',
    'a,b\n"x\n\ny ""z"",",2',
    ' a,b\t\n "x" , 1 ',
    'a,b\n"",1\n,\n1,',
    'a,b\n"x"y,1',
    'a,b\nq"x,1',
    'a,b\n1,2\n"3" x,4',
    'a,b\n"x\ny,2\nz,1',
    'a,b\n"x\ny"z,2',
    'a,b\n1,2#x',
  ])('are those of csv-parse: %j', (text) => {
    expect(ours(text)).toEqual(byLibrary(text))
  })

  it('are those of csv-parse for all cells, however they are quoted and spaced', () => {
    const cell = fc.tuple(
      fc.array(fc.constantFrom('"', ',', '\n', 'a', ' ', 'a#', '1.5'), { maxLength: 6 }).map((parts) => parts.join('')),
      fc.constantFrom('', ' ', '\t'),
      fc.constantFrom('', ' '),
    )
    const record = fc.array(cell, { minLength: 1, maxLength: 5 }).map((cells) => {
      const written = cells.map(([text, before, after]) => {
        const plain = !/["\n,]/.test(text)
        return `${before}${plain ? text : `"${text.replaceAll('"', '""')}"`}${after}`
      })
      return written.join(',')
    })
    const line = fc.oneof({ weight: 5, arbitrary: record }, fc.constantFrom('', '  ', '# a "remark', ' #,'))
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
        const text = ['h,i', ...lines].join('\n')
        expect(ours(text)).toEqual(byLibrary(text))
      }),
      { numRuns: 1000, seed: 8 },
    )
  })

  it('have an end: a quote that is never closed is refused at the longest line', () => {
    const records = new CsvRecords('in')
    records.line('1,"x', 1)
    const line = 'y,"z",'.repeat(20_000)
    expect(() => {
      for (let i = 2; i < 1000; i++) records.line(line, i)
    }).toThrow(`row is longer than ${MAX_LINE_BYTES} bytes`)
  })
})
