// SPDX-License-Identifier: Apache-2.0
import type { Problem } from '../lib/result.ts';
import { words } from './language.ts';

/** The server's own sentence, in a language that it does not speak behind what the console knows by its id; ours alone where no
 *  answer came. */
export const problemText = (problem: Problem): string => (problem.status === 0 ? words.value.unreachable : refusalText(problem.rule ?? problem.code, problem.detail));

/** The same of a refusal by its id. */
export function refusalText(id: string, text: string): string {
  const w = words.value;
  const known = w.problems[id];
  return known ? w.problemWith(known, text) : text;
}
