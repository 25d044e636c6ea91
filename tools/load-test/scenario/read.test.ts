import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { REPOSITORY } from '../../support/repository.js';
import { parseScenario, readScenario } from './read.js';

const FOLDER = join(REPOSITORY, 'tools/load-test/scenarios');

describe('scenarios', () => {
  it('that come with the tool are scenarios, of the names of their files', async () => {
    for (const file of await readdir(FOLDER)) {
      const { name, thresholds } = await readScenario(`scenarios/${file}`);
      expect(`${name}.yaml`).toBe(file);
      expect(Object.keys(thresholds).length).toBeGreaterThan(0);
    }
  });

  it('that are wrong name the field', () => {
    expect(() => parseScenario('name: x\nduration: 5', 'x.yaml')).toThrow(/x\.yaml[^]*duration/);
  });

  it('that are no YAML say so', () => {
    expect(() => parseScenario('a: [', 'x.yaml')).toThrow('x.yaml is no YAML');
  });

  it('that are not there say so', async () => {
    await expect(readScenario('scenarios/nothing.yaml')).rejects.toThrow('there is no scenario');
  });
});
