// SPDX-License-Identifier: Apache-2.0
import { signal } from '@preact/signals';
import { Skew } from '../lib/time.ts';

export const skew = new Skew();

/** Server time, in ms; read it outside of drawing. */
export const serverNow = (): number => Date.now() + skew.ms;

/** The same, once a second: what ages and clocks on the page follow. */
export const now = signal(serverNow());

function tick(): void {
  now.value = serverNow();
  setTimeout(tick, 1000 - (now.value % 1000) + 5);
}
tick();
