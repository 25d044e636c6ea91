/** Typed events: `Events` maps each event's name to what its listeners are given. */
export class Emitter<Events extends object> {
  private readonly listeners = new Map<keyof Events, Set<(value: never) => void>>();

  /** @returns a function that takes the listener off again */
  on<K extends keyof Events>(name: K, listener: (value: Events[K]) => void): () => void {
    const set = this.listeners.get(name) ?? new Set();
    this.listeners.set(name, set.add(listener));
    if (set.size === 1) this.handleHeard(name, true);
    return () => {
      if (set.delete(listener) && set.size === 0) this.handleHeard(name, false);
    };
  }

  /**
   * Waits for the next event of that name.
   * @throws the signal's reason
   */
  once<K extends keyof Events>(name: K, options: { readonly signal?: AbortSignal } = {}): Promise<Events[K]> {
    const { signal } = options;
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const settle = (end: () => void): void => {
        off();
        signal?.removeEventListener('abort', abort);
        end();
      };
      const off = this.on(name, (value) => settle(() => resolve(value)));
      const abort = (): void => settle(() => reject(signal?.reason as Error));
      signal?.addEventListener('abort', abort);
    });
  }

  protected emit<K extends keyof Events>(name: K, value: Events[K]): void {
    // A copy: a listener may take itself off.
    for (const listener of Array.from(this.listeners.get(name) ?? [])) {
      (listener as (value: Events[K]) => void)(value);
    }
  }

  /** An event has its first listener, or none any more: what costs something is made only while somebody listens. */
  protected handleHeard(_name: keyof Events, _heard: boolean): void {
    // Most events cost nothing.
  }
}
