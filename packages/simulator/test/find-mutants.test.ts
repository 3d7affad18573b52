/** Automatic mutants are found where a slip would be a bug, and nowhere else. */
import { expect, test } from 'vitest';
import { findMutants, withMutant } from '../src/mutants/find-mutants.ts';

const SOURCE = `function step(log, epoch) {
  if (epoch < log.epoch) return undefined;
  logger.info('told');
  log.last = 1;
  log.first = 2;
  log.write(epoch + 1);
  log.answer(a && b);
  if (epoch === 3) log.write(4); else log.answer(5);
  assert(epoch > 0, 'checked');
}
`;

test('guards, conditions, boundaries, steps and effects each give their mutants', () => {
  const found = findMutants('packages/x/src/a.ts', SOURCE);
  const shown = found.map((mutant) =>
    `${mutant.line} ${mutant.operator}: ${SOURCE.slice(mutant.start, mutant.end)} → ${mutant.replacement}`
      .replaceAll(/\s+/gu, ' '));
  expect(shown.filter((line) => !line.startsWith('9'))).toEqual([
    '4 drop-effect: log.last = 1; → ;',
    '5 drop-effect: log.first = 2; → ;',
    '5 swap-effects: log.first = 2; log.write(epoch + 1); → log.write(epoch + 1); log.first = 2;',
    '6 drop-effect: log.write(epoch + 1); → ;',
    '6 swap-effects: log.write(epoch + 1); log.answer(a && b); → log.answer(a && b); log.write(epoch + 1);',
    '7 drop-effect: log.answer(a && b); → ;',
    '2 drop-guard: if (epoch < log.epoch) return undefined; → ;',
    '2 move-boundary: epoch < log.epoch → epoch <= log.epoch',
    '6 off-by-one: epoch + 1 → (epoch)',
    '7 weaken-condition: a && b → a',
    '7 weaken-condition: a && b → b',
  ]);
});

test('a mutant changes its place and nothing else', () => {
  const [first] = findMutants('packages/x/src/a.ts', 'if (a) return;\nb();\n');
  expect(first).toMatchObject({ operator: 'drop-guard', line: 1 });
  expect(withMutant('if (a) return;\nb();\n', first as NonNullable<typeof first>)).toBe(';\nb();\n');
});
