import { CallError } from '../errors.js';
import type { GatewayAddress } from '../exchange.js';
import type { ConnectOptions, SpeakOptions } from './options.js';

/** @param fallback where it is, if nothing says so. @throws CallError `bad_option` where the options contradict each other */
export function gatewayOf(options: ConnectOptions, fallback: () => URL): GatewayAddress {
  const { key, secret, getSecret } = options;
  const given = [key, secret, getSecret].filter((one) => one !== undefined);
  if (given.length > 1) throw new CallError('bad_option', 'One of key, secret and getSecret is enough.');
  const url = options.url ?? fallback();
  if (!URL.canParse(String(url)))
    throw new CallError('bad_option', `The url is none: ${String(url)}`, { param: 'url' });
  return { url, apiKey: given[0] };
}

/** @returns how answers are read aloud; null: they are not */
export function speakOf({ speak }: ConnectOptions): SpeakOptions | null {
  if (speak === undefined || speak === false) return null;
  return speak === true ? {} : speak;
}
