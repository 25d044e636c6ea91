import { loadConfig, type Config } from './config.js';

/** The one place that reads `process.env`. */
export function configFromEnvironment(): Config {
  return loadConfig(process.env);
}
