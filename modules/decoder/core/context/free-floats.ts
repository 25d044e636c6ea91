/**
 * Gives back at once what an array lies in, in place of when it is collected: V8 sees a few bytes of it only, so that a busy
 * worker keeps megabytes of what it grew out of. The array is empty afterwards, and so is every other view of its buffer.
 */
export function freeFloats({ buffer }: Float32Array): void {
  (buffer as ArrayBuffer).transfer(0);
}
