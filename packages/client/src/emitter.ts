/** Typed events: `Events` maps each event's name to what its listeners are given. */
export class Emitter<Events extends object> {
  private readonly listeners = new Map<keyof Events, Set<(value: never) => void>>();

  /** @returns a function that takes the listener off again */
  on<K extends keyof Events>(name: K, listener: (value: Events[K]) => void): () => void {
    const set = this.listeners.get(name) ?? new Set();
    this.listeners.set(name, set.add(listener));
    return () => void set.delete(listener);
  }

  protected emit<K extends keyof Events>(name: K, value: Events[K]): void {
    // A copy: a listener may take itself off.
    for (const listener of Array.from(this.listeners.get(name) ?? [])) {
      (listener as (value: Events[K]) => void)(value);
    }
  }
}
