import type { EarHead, EngineCaps } from '#modules/contracts';
import type { TurnModel } from '../config.js';

/** The model's ear has this to tell of a sound. */
export function earTells({ heads = [], turnEnd = false }: EngineCaps, head: EarHead): boolean {
  return heads.includes(head) || (head === 'turnEnd' && turnEnd);
}

/**
 * Who says whether a turn is over; null: nobody.
 * @param judge what the gateway's judge of sounds tells; null: there is none
 */
export function turnEndSource(
  wished: TurnModel,
  caps: EngineCaps,
  judge: { readonly turnEnd: boolean } | null,
): 'model' | 'judge' | null {
  if ((wished === 'auto' || wished === 'model') && earTells(caps, 'turnEnd')) return 'model';
  return (wished === 'auto' || wished === 'smart-turn') && judge?.turnEnd ? 'judge' : null;
}
