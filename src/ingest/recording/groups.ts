/** Groups of values as the lines of a recording build them up: whole ones, and changes on top. */

export interface GroupState {
  readonly names: readonly string[]
  readonly values: number[]
}

export class Groups {
  private readonly states = new Map<string, GroupState>()

  get(key: string): GroupState | undefined {
    return this.states.get(key)
  }

  keys(): string[] {
    return [...this.states.keys()]
  }

  /** Changes that follow cannot be applied: lines before them are missing. */
  forget(): void {
    this.states.clear()
  }

  /**
   * Takes a group's value of one line.
   * @returns what is wrong with it; undefined where nothing is. Changes to a group that is not known are passed over:
   *   its next whole value brings it back.
   */
  take(key: string, value: unknown): string | undefined {
    if (value === null) this.states.delete(key)
    else if (Array.isArray(value)) return this.change(this.states.get(key), key, value)
    else if (typeof value === 'object') {
      const values = Object.values(value as Record<string, unknown>)
      if (!values.every(Number.isFinite)) return `${key} has a value that is no number`
      this.states.set(key, { names: Object.keys(value as object), values: values as number[] })
    } else return `${key} is no group of values`
    return undefined
  }

  private change(state: GroupState | undefined, key: string, changes: unknown[]): string | undefined {
    const size = state?.names.length ?? Number.POSITIVE_INFINITY
    if (changes.length % 2 !== 0) return `the changes of ${key} are no pairs`
    for (let i = 0; i < changes.length; i += 2) {
      const index = changes[i] as number
      if (!Number.isInteger(index) || index < 0 || index >= size || !Number.isFinite(changes[i + 1])) {
        return `${key} has a change of a value that it does not have`
      }
    }
    if (state === undefined) return undefined
    for (let i = 0; i < changes.length; i += 2) state.values[changes[i] as number] += changes[i + 1] as number
    return undefined
  }
}
