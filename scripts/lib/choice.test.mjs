import { arrange, chooseSteps } from './choice.mjs';

const STEPS = [
  { name: 'lint' },
  { name: 'unit' },
  { name: 'training', extra: '5.6 GB' },
  { name: 'long', extra: 'minutes' },
];
const names = (steps) => steps.map(({ name }) => name).join(' ');
const choice = (options) => {
  const { chosen, leftOut } = chooseSteps(STEPS, options);
  return [names(chosen), names(leftOut)];
};

test.each([
  [{}, 'lint unit', 'training long'],
  [{ with: 'long' }, 'lint unit long', 'training'],
  [{ with: 'training,long' }, 'lint unit training long', ''],
  [{ skip: 'unit' }, 'lint', 'unit training long'],
  [{ with: 'long', skip: 'lint,long' }, 'unit', 'lint training long'],
  // Who chooses by name needs not be told what else there is.
  [{ only: 'unit' }, 'unit', ''],
  [{ only: 'long' }, 'long', ''],
  [{ only: 'unit', with: 'long' }, 'unit long', ''],
])('%j', (options, chosen, leftOut) => {
  expect(choice(options)).toEqual([chosen, leftOut]);
});

test.each(['only', 'skip', 'with'])('an unknown step in --%s is told with the known ones', (option) => {
  expect(() => chooseSteps(STEPS, { [option]: 'unit,luck' })).toThrow(
    "no step 'luck'; there are lint, unit, training, long",
  );
});

test('phases and lanes without a chosen step vanish', () => {
  const phases = [[['build']], [['unit'], ['lint', 'types']], [['long']]];
  const { chosen } = chooseSteps(STEPS, { only: 'lint,long' });
  expect(arrange(phases, chosen)).toEqual([[[STEPS[0]]], [[STEPS[3]]]]);
});
