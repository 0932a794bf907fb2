// SPDX-License-Identifier: Apache-2.0
import type { Problem } from '../lib/result.ts';
import { words } from './language.ts';

/** The server's own sentence; ours only where no answer came. */
export const problemText = (problem: Problem): string => (problem.status === 0 ? words.value.unreachable : problem.detail);
