/** Of an answer, what is read aloud: a minute or so. The rest stands in the room's text. */
const LONGEST = 600;
/** Of a sentence that is made into sound in one piece. */
const LONGEST_SENTENCE = 200;

/** An answer in pieces, so that the first can be heard while the others are made. */
export function sentencesOf(text: string): string[] {
  const clean = text.replace(/\s+/gu, ' ').trim().slice(0, LONGEST);
  const sentences = clean.match(/[^.!?。！？]+[.!?。！？]*/gu) ?? [];
  return sentences.flatMap(pieces).filter((each) => /[\p{L}\p{N}]/u.test(each));
}

function pieces(sentence: string): string[] {
  const rest = sentence.trim();
  if (rest.length <= LONGEST_SENTENCE) return [rest];
  const space = rest.lastIndexOf(' ', LONGEST_SENTENCE);
  const at = space > 0 ? space : LONGEST_SENTENCE;
  return [rest.slice(0, at), ...pieces(rest.slice(at))];
}
