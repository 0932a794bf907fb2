// SPDX-License-Identifier: Apache-2.0
import type { TwinFreshness } from '../../api/freshness.ts';
import { ageOf, instant } from '../../lib/time.ts';
import { now } from '../../state/clock.ts';
import { instantText, words } from '../../state/language.ts';
import { hrefTo } from '../../state/route.ts';
import { Mark } from '../../ui/mark.tsx';

/** How fresh the twin is, since when, and what is worst below it, in the server's judgement. */
export function FreshBadge({ of }: { of: TwinFreshness }) {
  const w = words.value;
  const judged = of.items.filter((item) => item.state !== 'unknown');
  const since = instant(of.since);
  const state = w.freshnessOf(of.state);
  const worse = of.rollup && of.rollup.state !== of.state && of.rollup.state !== 'unknown' ? of.rollup : undefined;
  return (
    <span class={`age ${of.state}`} title={since === undefined ? state : instantText(since)} data-freshness={of.state}>
      {of.state !== 'unknown' && <Mark is={of.state} />}
      <span>{since !== undefined && of.state !== 'fresh' && of.state !== 'unknown' ? w.freshnessSince(state, w.age(ageOf(since, now.value))) : state}</span>
      {judged.length > 1 && <span class="faint">{w.freshCounts(judged.filter((item) => item.state === 'fresh').length, judged.length)}</span>}
      {worse && worse.state !== 'unknown' && (worse.worst ? <a class="link" href={hrefTo('twin', worse.worst)}>{w.worstOf(worse.worst)}</a> : <span class="faint">{w.freshnessOf(worse.state)}</span>)}
    </span>
  );
}
