import { afterAll, describe, expect, it } from 'vitest'
import { dumpStore } from '../../src/store/dump.js'
import { recording, Workshop } from './cli.js'

const shop = new Workshop()
afterAll(() => shop.remove())

describe('the same input gives the same database', () => {
  it.each(['h-oom-swap', 'w-db.base'])('%s', async (name) => {
    const args = ['replay', recording(name), '--machine', recording(name, 'machine.json'), '--set', 'vm.swappiness=30']
    const dumps: string[][] = []
    for (const db of [`${name}-1.db`, `${name}-2.db`]) {
      expect((await shop.run([...args, '--db', db])).status).toBe(0)
      dumps.push([...dumpStore(shop.path(db))])
    }
    expect(dumps[0].length).toBeGreaterThan(100)
    expect(dumps[1]).toEqual(dumps[0])
  })
})
