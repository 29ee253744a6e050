import { describe, expect, test } from 'vitest'
import { UsageError } from '../../src/base/errors.js'
import { collectAxes, grid } from '../../src/cli/sweep-grid.js'

const axes = (...texts: string[]) =>
  texts.reduce((sofar, text) => collectAxes(text, sofar), [] as ReturnType<typeof collectAxes>)

describe('the grid of a sweep', () => {
  test('every combination on top of --set, the last axis changing fastest', () => {
    const points = grid(axes('vm.swappiness=0,60', 'vm.watermark_scale_factor=10, 300'), { 'vm.dirty_ratio': '30' })
    expect(points.map((p) => [p['vm.swappiness'], p['vm.watermark_scale_factor'], p['vm.dirty_ratio']])).toEqual([
      ['0', '10', '30'],
      ['0', '300', '30'],
      ['60', '10', '30'],
      ['60', '300', '30'],
    ])
  })

  test.each(['vm.swappiness', '=1,2', 'vm.swappiness=', 'vm.swappiness=1,,2', 'vm.swappiness=1,1'])(
    '--vary %s is refused',
    (text) => expect(() => collectAxes(text)).toThrow(UsageError),
  )

  test('a name twice, a name that is also set, unknown names and values out of range are refused', () => {
    expect(() => axes('vm.swappiness=1', 'vm.swappiness=2')).toThrow('given twice')
    expect(() => grid(axes('vm.swappiness=1,2'), { 'vm.swappiness': '3' })).toThrow('both in --vary and in --set')
    expect(() => grid(axes('vm.swapiness=1,2'), {})).toThrow(/vm\.swapiness/)
    expect(() => grid(axes('vm.swappiness=60,201'), {})).toThrow(/201/)
  })

  test('a grid of more runs than anyone means is refused', () => {
    const many = Array.from({ length: 101 }, (_, i) => String(i)).join(',')
    expect(() => grid(axes(`vm.swappiness=${many}`, `vm.watermark_scale_factor=${many.slice(2)}`), {})).toThrow(/10100/)
  })
})
