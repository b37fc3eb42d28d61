// Which of the first steps are done, skipped or still open, by what is so.  Nothing is done because a page was seen.

export const FIRST_STEPS = ['camera', 'tell', 'walk', 'secure'] as const;
export type FirstStep = (typeof FIRST_STEPS)[number];
export type StepState = 'done' | 'skipped' | 'open';

export interface StepAt {
  name: FirstStep;
  state: StepState;
}

/** `so` is what Doorstep says; what is done is done, also where it was skipped before. */
export function stepsOf(so: Record<FirstStep, boolean>, skipped: readonly FirstStep[]): StepAt[] {
  return FIRST_STEPS.map((name) => ({
    name,
    state: so[name] ? 'done' : skipped.includes(name) ? 'skipped' : 'open',
  }));
}
