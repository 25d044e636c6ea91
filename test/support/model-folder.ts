import { resolve } from 'node:path';

/** The model folder that tests run: the one that ships, unless VISAVIS_TEST_MODEL names another. */
export const TEST_MODEL = resolve(process.env['VISAVIS_TEST_MODEL'] ?? 'models/visavis-pocket');
