/** A fenced block of a document. */
export interface DocBlock {
  /** Where its first fence is, 1-based. */
  readonly line: number;
  /** Empty: none is named. */
  readonly language: string;
  /** What else its fence says: `runnable` of those that a test runs, `page` of those that are a page's. */
  readonly words: readonly string[];
  readonly code: string;
  /** What the comment before it says of why it is not run. */
  readonly notRun: string | null;
  /** What it writes, in parts: what stands behind an arrow in its comments. */
  readonly writes: readonly string[];
}

const FENCE = /^(?:<!-- not run: (.*?) -->\n\n)?```(.*)\n([\s\S]*?)^```$/gm;

/** @returns the blocks that a Markdown document has at its margin, in their order */
export function docBlocks(markdown: string): DocBlock[] {
  return [...markdown.matchAll(FENCE)].map(([whole, notRun, fence = '', code = ''], at, all) => {
    const [language = '', ...words] = fence.trim().split(/\s+/);
    const start = (all[at]?.index ?? 0) + whole.indexOf('```');
    return {
      line: markdown.slice(0, start).split('\n').length,
      language,
      words,
      code,
      notRun: notRun ?? null,
      writes: [...code.matchAll(/(?:\/\/|#) → (.*)$/gm)].map(([, text = '']) => text),
    };
  });
}

/** Documents whose every block is run, or says why not. */
export const RUN_DOCUMENTS = ['docs/quickstart.md', 'docs/clients.md', 'docs/recipes.md'];
