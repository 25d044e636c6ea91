/** What somebody asked. */
export interface Asked {
  /** As it was typed, or as `person.says` has it. */
  readonly text: string;
  readonly spoken: boolean;
  /** Pictures that were shown since the last answer. */
  readonly pictures: number;
  /** What tools gave for the calls of the answer before. */
  readonly results: readonly string[];
  /** Of the tools that the model may call. */
  readonly tools: readonly string[];
}

/** A tool that the model calls. */
export interface ScriptedCallOfTool {
  readonly tool: string;
  readonly args?: Readonly<Record<string, unknown>>;
}

/** A text, or its pieces as they come; calls of tools; or an error's code, with which the answer fails. */
export type Reply =
  | string
  | readonly string[]
  | AsyncIterable<string>
  | { readonly calls: readonly ScriptedCallOfTool[] }
  | { readonly error: string };

export type Script = (asked: Asked) => Reply | Promise<Reply>;
