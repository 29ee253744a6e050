/** Reading fields of foreign JSON: a wrong type ends in an error that names the file and the path of the field. */
import { InputError } from '../base/errors.js'

export type JsonObject = Record<string, unknown>

function shown(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'an object' : (JSON.stringify(value) ?? typeof value)
}

/** One object of a JSON document, with the path that leads to it. */
export class Fields {
  constructor(
    readonly file: string,
    readonly object: JsonObject,
    /** `settings.disk`; '' for the document itself. */
    readonly path = '',
  ) {}

  /** @throws InputError unless `value` is an object */
  static of(file: string, value: unknown, path = ''): Fields {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return new Fields(file, value as JsonObject, path)
    }
    throw new InputError(`${path === '' ? 'the document' : path} is not an object`, {
      file,
      expected: 'an object',
      found: shown(value),
      code: 'TM_MACHINE',
    })
  }

  at(key: string): string {
    const step = /^[A-Za-z_][A-Za-z0-9_]*$/.test(key) ? key : JSON.stringify(key)
    if (step !== key) return `${this.path}[${step}]`
    return this.path === '' ? key : `${this.path}.${key}`
  }

  fail(key: string, expected: string): never {
    throw new InputError(`bad value of ${this.at(key)}`, {
      file: this.file,
      expected,
      found: shown(this.object[key]),
      code: 'TM_MACHINE',
    })
  }

  has(key: string): boolean {
    return this.object[key] !== undefined && this.object[key] !== null
  }

  /** A finite number not below `min`, or undefined where the field is missing. */
  number(key: string, min = 0): number | undefined {
    if (!this.has(key)) return undefined
    const value = this.object[key]
    if (typeof value !== 'number' || !Number.isFinite(value) || value < min) return this.fail(key, `a number >= ${min}`)
    return value
  }

  /** A whole number not below `min`, or undefined. */
  integer(key: string, min = 0): number | undefined {
    const value = this.number(key, Math.min(min, Number.MAX_SAFE_INTEGER))
    if (value !== undefined && !Number.isSafeInteger(value)) return this.fail(key, `a whole number >= ${min}`)
    return value
  }

  string(key: string): string | undefined {
    if (!this.has(key)) return undefined
    const value = this.object[key]
    return typeof value === 'string' ? value : this.fail(key, 'a string')
  }

  boolean(key: string): boolean | undefined {
    if (!this.has(key)) return undefined
    const value = this.object[key]
    return typeof value === 'boolean' ? value : this.fail(key, 'true or false')
  }

  child(key: string): Fields | undefined {
    if (!this.has(key)) return undefined
    return Fields.of(this.file, this.object[key], this.at(key))
  }

  /** The elements of a list as objects. */
  children(key: string): Fields[] | undefined {
    if (!this.has(key)) return undefined
    const value = this.object[key]
    if (!Array.isArray(value)) return this.fail(key, 'a list')
    return value.map((v, i) => Fields.of(this.file, v, `${this.at(key)}[${i}]`))
  }

  /** A list of whole numbers. */
  integers(key: string): number[] | undefined {
    if (!this.has(key)) return undefined
    const value = this.object[key]
    if (!Array.isArray(value) || !value.every((v) => Number.isSafeInteger(v) && v >= 0)) {
      return this.fail(key, 'a list of whole numbers')
    }
    return value as number[]
  }

  /** An object of whole numbers. */
  counts(key: string, min = 0): Record<string, number> | undefined {
    const child = this.child(key)
    if (!child) return undefined
    return Object.fromEntries(Object.keys(child.object).map((k) => [k, child.integer(k, min) ?? 0]))
  }

  /** An object of strings; numbers are taken as they print. */
  strings(key: string): Record<string, string> | undefined {
    const child = this.child(key)
    if (!child) return undefined
    const out: Record<string, string> = {}
    for (const [k, v] of Object.entries(child.object)) {
      if (typeof v !== 'string' && typeof v !== 'number') child.fail(k, 'a string or a number')
      out[k] = String(v)
    }
    return out
  }
}
