/** When the processes end that sandboxes stand on, those of this helper's own making. */
export class Ends {
  readonly #promised = new Map<string, Promise<void>>();

  /** @returns what is to be called when it has ended */
  expect(id: string): () => void {
    let end = (): void => undefined;
    this.#promised.set(
      id,
      new Promise(resolve => {
        end = resolve;
      }),
    );
    return end;
  }

  /** Undefined for one that an earlier helper made. */
  of(id: string): Promise<void> | undefined {
    return this.#promised.get(id);
  }

  forget(id: string): void {
    this.#promised.delete(id);
  }
}
