// SPDX-License-Identifier: Apache-2.0
import type { Problem } from '../lib/result.ts';
import { words } from './language.ts';

/** The server's own sentence, in a language that it does not speak behind what the console knows by its id; ours alone where no
 *  answer came. */
export function problemText(problem: Problem): string {
  const w = words.value;
  if (problem.status === 0) return w.unreachable;
  const known = w.problems[problem.rule ?? problem.code];
  return known ? w.problemWith(known, problem.detail) : problem.detail;
}
