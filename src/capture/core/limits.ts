/** Where captures go, and how much of it. */
export interface CaptureLimits {
  /** Absolute path of the folder. */
  readonly dir: string;
  /** Of a call: longest time (ms), most bytes of its file. */
  readonly callMs: number;
  readonly callBytes: number;
  /** Of all captures in the folder together. */
  readonly folderBytes: number;
}
