// The English words of what is wrong: the server's own.  Other languages say by its kind what they can.
import { spoken } from '../language.ts';
import type { Problem } from '../api/shapes.ts';

export const problemWords = spoken('problem', {
  /** `camera` is the name of the one that it is about, empty for the house's. */
  what: (...[problem]: [problem: Problem, camera: string]) => problem.what,
  remedy: (problem: Problem) => problem.remedy,
});
