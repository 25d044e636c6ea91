/** One character each, of those that ids have anyhow. */
const TAGS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_';

/** As many as there are tags. */
export const MOST_GATEWAYS = TAGS.length;

/** What the ids of a gateway begin with, behind their prefix. @param number from 0 */
export function tagOf(number: number): string {
  return TAGS.charAt(number);
}

/** @returns whose tag it is; null: it is none */
export function numberOf(tag: string | undefined): number | null {
  const number = tag === undefined || tag.length !== 1 ? -1 : TAGS.indexOf(tag);
  return number < 0 ? null : number;
}

/** @returns whose call, token or session `id` names (`rtc_…`, `resume_…`, `start_…`); null: it says nothing of that */
export function numberIn(id: string): number | null {
  return numberOf(/^[a-z]+_([\w-])/.exec(id)?.[1]);
}
