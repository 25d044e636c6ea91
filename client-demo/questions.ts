/** The spoken questions that ship with the page: file under `questions/`, and what is said in it. */
export const QUESTIONS = [
  { file: 'color-of-star', text: 'what color is the star' },
  { file: 'how-many-shapes', text: 'how many shapes are there' },
  { file: 'what-is-center', text: 'what is in the center' },
  { file: 'where-is-circle', text: 'where is the circle' },
  { file: 'is-there-blue-square', text: 'is there a blue square' },
  { file: 'shape-of-green', text: 'what shape is the green one' },
  { file: 'number-on-card', text: 'what number is on the card' },
  { file: 'what-changed', text: 'what changed' },
  { file: 'describe', text: 'describe what you see' },
  { file: 'what-can-you-do', text: 'what can you do' },
] as const;

export type Question = (typeof QUESTIONS)[number];
