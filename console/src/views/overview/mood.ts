// SPDX-License-Identifier: Apache-2.0
import { type Mood, moodOf } from '../../lib/line.ts';
import type { Twin } from '../../lib/twin.ts';

/** How a work unit does, from its own values. */
export const mood = (twin: Twin | undefined): Mood =>
  moodOf(twin?.values['state']?.value, twin?.values['cycleTime']?.value, twin?.values['idealCycleTime']?.value);
