/** Pages of an object drawn by Zipf's law, the popular ones scattered over all of it. */

import { mix, type Random, Scatter } from '../random.js'

export class Zipf {
  private readonly scatter: Scatter

  constructor(
    readonly pages: number,
    private readonly random: Random,
    seed: number,
  ) {
    this.scatter = new Scatter(Math.max(1, Math.ceil(Math.log2(pages))), mix(seed))
  }

  next(): number {
    let page = this.random.rank(1, this.pages) - 1
    // The scattering is one of [0, 2^bits): going on until it comes back into the object keeps it one-to-one.
    do page = this.scatter.at(page)
    while (page >= this.pages)
    return page
  }

  draw(count: number): number[] {
    return Array.from({ length: count }, () => this.next())
  }
}
