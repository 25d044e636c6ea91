// What a test and a hook of a suite may take (ms): jest reads `testTimeout` of one project nowhere, and would take 5 s for all.
import { jest } from '@jest/globals';

jest.setTimeout(globalThis.TEST_TIMEOUT_MS);
