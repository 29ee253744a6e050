import { describe, expect, it } from 'vitest'
import { Interrupted, watchSignals } from '../../src/cli/interrupt.js'

/** A pending promise. */
const never = new Promise<never>(() => {})

describe('signals', () => {
  it('end a wait', async () => {
    const signals = watchSignals()
    try {
      const waiting = signals.wait(never)
      process.emit('SIGTERM', 'SIGTERM')
      await expect(waiting).rejects.toThrow(Interrupted)
      await expect(signals.wait(Promise.resolve(1))).rejects.toThrow('interrupted by SIGTERM')
      await expect(signals.checkpoint()).rejects.toThrow(Interrupted)
    } finally {
      signals.release()
    }
  })

  it('leave what is done alone', async () => {
    const signals = watchSignals()
    try {
      expect(await signals.wait(Promise.resolve(1))).toBe(1)
      await expect(signals.wait(Promise.reject(new Error('broken')))).rejects.toThrow('broken')
      await signals.checkpoint()
    } finally {
      signals.release()
    }
  })

  it('are handled only while somebody looks at them', () => {
    const before = process.listenerCount('SIGINT')
    const signals = watchSignals()
    expect(process.listenerCount('SIGINT')).toBe(before + 1)
    expect(signals.unattended(() => process.listenerCount('SIGINT'))).toBe(before)
    expect(process.listenerCount('SIGINT')).toBe(before + 1)
    signals.release()
    expect(process.listenerCount('SIGINT')).toBe(before)
  })
})
